#include "env/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "heap.h"

#define LINKS_MAX 40 /* the kernel's limit */

void file_place_deinit(struct file_place *place) {
    place->dir_fd = gk_close(place->dir_fd);
    free(place->name);
    place->name = NULL;
}

/*
 * In a sticky directory that everybody can write to (/tmp), the link of another user, other than
 * the directory's owner, is not safe to follow. The kernel refuses it as well (proc_sys_fs(5),
 * protected_symlinks).
 */
static bool is_trap(const char *dir, uid_t owner) {
    struct stat status;

    return owner != geteuid() && stat(dir, &status) == 0 && (status.st_mode & S_ISVTX) != 0 &&
           (status.st_mode & S_IWOTH) != 0 && status.st_uid != owner;
}

/* The directory of a path, with its last slash; "./" if the path has no slash. */
static char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash != NULL ? heap_duplicate(path, (size_t)(slash - path) + 1)
                         : heap_duplicate("./", 2);
}

/* If *path is a link, replaces it by the target and returns 1. 0: no link, or nothing is there. */
static int follow_link(char **path) {
    char target[PATH_MAX];
    ssize_t len;
    struct stat status;
    GK_AUTO_FREE char *dir = directory_of(*path);
    BUFFER_AUTO struct buffer followed = BUFFER_NULL;
    GK_AUTO_CLOSE int fd = open(*path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISLNK(status.st_mode)) {
        return 0;
    }
    if (is_trap(dir, status.st_uid)) {
        return -EACCES;
    }
    len = readlinkat(fd, "", target, sizeof(target) - 1);
    if (len < 0) {
        return -errno;
    }
    target[len] = '\0';
    if (target[0] != '/') {
        buffer_append_text(&followed, dir);
    }
    buffer_append_text(&followed, target);
    free(*path);
    *path = heap_duplicate(followed.data, followed.len);
    return 1;
}

int file_place_find(const char *path, struct file_place *ret_place) {
    GK_AUTO_FREE char *real = heap_duplicate(path, strlen(path));
    GK_AUTO_FREE char *dir = NULL;
    const char *slash;
    const char *name;
    int followed = 1;
    int dir_fd;

    for (int i = 0; followed == 1; i++) {
        followed = i < LINKS_MAX ? follow_link(&real) : -ELOOP;
    }
    if (followed < 0) {
        return followed;
    }
    slash = strrchr(real, '/');
    name = slash != NULL ? slash + 1 : real;
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return -EISDIR;
    }
    dir = directory_of(real);
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return -errno;
    }
    *ret_place = (struct file_place){.dir_fd = dir_fd, .name = heap_duplicate(name, strlen(name))};
    return 0;
}

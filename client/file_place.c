#include "file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

#define LINKS_MAX 40 /* as the kernel has it */

void file_place_deinit(struct file_place *place) {
    place->dir_fd = gk_close(place->dir_fd);
    free(place->name);
    place->name = NULL;
}

/* One step along a symbolic link: *path becomes what it points at. 0 if it is no link. */
static int follow_link(char **path) {
    char target[PATH_MAX];
    ssize_t length = readlink(*path, target, sizeof(target) - 1);
    const char *slash = strrchr(*path, '/');
    AUTO_BUFFER followed = {0};

    if (length < 0) {
        return errno == EINVAL || errno == ENOENT ? 0 : -errno;
    }
    target[length] = '\0';
    if (target[0] != '/' && slash != NULL) {
        buffer_append(&followed, *path, (size_t)(slash - *path) + 1);
    }
    buffer_append_text(&followed, target);
    free(*path);
    *path = gk_steal(&followed.data);
    return 1;
}

int file_place_find(const char *path, struct file_place *ret_place) {
    GK_AUTO_FREE char *real = memory_duplicate(path, strlen(path));
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
    dir = slash != NULL ? memory_duplicate(real, (size_t)(slash - real) + 1)
                        : memory_duplicate(".", 1);
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return -errno;
    }
    *ret_place =
            (struct file_place){.dir_fd = dir_fd, .name = memory_duplicate(name, strlen(name))};
    return 0;
}

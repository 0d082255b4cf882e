#include "process/new_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define FD_PATH_BYTES (sizeof("/proc/self/fd/") + 3 * sizeof(int))

static void find_folder(const char *path, char folder[PATH_MAX]) {
    const char *slash = strrchr(path, '/');

    (void)snprintf(folder, PATH_MAX, "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
            slash == NULL ? "." : path);
}

int new_file_check(const char *path) {
    char folder[PATH_MAX];

    if (strlen(path) >= PATH_MAX) {
        return -ENAMETOOLONG;
    }
    find_folder(path, folder);
    return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : -errno;
}

/* Whether both paths are the same name in the same folder. */
static bool is_same_place(const char *one, const char *other) {
    const char *paths[] = {one, other};
    const char *names[2];
    struct stat folders[2];

    for (size_t at = 0; at < 2; at++) {
        const char *slash = strrchr(paths[at], '/');
        char folder[PATH_MAX];

        find_folder(paths[at], folder);
        if (stat(folder, &folders[at]) != 0) {
            return false;
        }
        names[at] = slash == NULL ? paths[at] : slash + 1;
    }
    return folders[0].st_dev == folders[1].st_dev && folders[0].st_ino == folders[1].st_ino &&
           strcmp(names[0], names[1]) == 0;
}

bool new_file_is_same(const char *one, const char *other) {
    struct stat first;
    struct stat second;

    if (stat(one, &first) != 0 || stat(other, &second) != 0) {
        return strcmp(one, other) == 0 || is_same_place(one, other);
    }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* For a file system without O_TMPFILE, and where there is no /proc: new_file_publish(). */
static int open_draft(struct new_file *file) {
    uint64_t number;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
        return -errno;
    }
    if (snprintf(file->draft, sizeof(file->draft), "%s.new-%016" PRIx64, file->path, number) >=
            (int)sizeof(file->draft)) {
        file->draft[0] = '\0';
        return -ENAMETOOLONG;
    }
    file->fd = open(file->draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd < 0) {
        file->draft[0] = '\0'; /* not made here, so not to be removed */
        return -errno;
    }
    return 0;
}

/* -EOPNOTSUPP, -EISDIR: no file without a name can be made here, or it could not get one. */
static int open_unnamed(const char *folder, struct new_file *file) {
    if (access("/proc/self/fd", X_OK) != 0) {
        return -EOPNOTSUPP;
    }
    file->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return file->fd < 0 ? -errno : 0;
}

int new_file_open(const char *path, struct new_file *ret_file) {
    NEW_FILE_AUTO struct new_file file = NEW_FILE_NULL;
    char folder[PATH_MAX];
    int error;

    if (strlen(path) >= sizeof(file.path)) {
        return -ENAMETOOLONG;
    }
    (void)snprintf(file.path, sizeof(file.path), "%s", path);
    find_folder(path, folder);
    error = open_unnamed(folder, &file);
    if (error == -EOPNOTSUPP || error == -EISDIR) {
        error = open_draft(&file);
    }
    if (error != 0) {
        return error;
    }
    *ret_file = file;
    file = NEW_FILE_NULL; /* handed over */
    return 0;
}

int new_file_sync_folder(const char *path, int fd) {
    char folder[PATH_MAX];
    GK_AUTO_CLOSE int folder_fd = -1;

    find_folder(path, folder);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0 && errno == EACCES) {
        return syncfs(fd) == 0 ? 0 : -errno; /* only what can be read can be synced by itself */
    }
    return folder_fd >= 0 && fsync(folder_fd) == 0 ? 0 : -errno;
}

int new_file_publish(const struct new_file *file, int fd) {
    char from[FD_PATH_BYTES];
    int error;

    if (file->draft[0] != '\0') {
        error = linkat(AT_FDCWD, file->draft, AT_FDCWD, file->path, 0);
    } else {
        (void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
        error = linkat(AT_FDCWD, from, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW);
    }
    return error == 0 ? new_file_sync_folder(file->path, fd) : -errno;
}

void new_file_deinit(struct new_file *file) {
    if (file->draft[0] != '\0') {
        (void)unlink(file->draft);
    }
    file->fd = gk_close(file->fd);
    *file = NEW_FILE_NULL;
}

#include "env/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "env/file_place.h"
#include "terminal/output.h"

#define TEMP_NAME_BYTES 40
#define OTHER_OWNER 1 /* no errno says that */

static void make_temp_name(char *name) {
    uint64_t number = 0;

    /* Short reads do not happen for 8 bytes; O_EXCL and linkat() refuse a name that is taken. */
    (void)!getrandom(&number, sizeof(number), 0);
    (void)snprintf(name, TEMP_NAME_BYTES, ".ghostkey-%016llx.tmp", (unsigned long long)number);
}

/* A temporary: nameless if that works here (*name is then empty), else of a new name. */
static int open_temp(int dir_fd, char *name) {
    int fd = -1;

    name[0] = '\0';
    if (access("/proc/self/fd", X_OK) == 0) { /* through which it gets its name */
        fd = openat(dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, ENV_FILE_MODE);
    }
    if (fd < 0) {
        make_temp_name(name);
        fd = openat(
                dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, ENV_FILE_MODE);
    }
    if (fd < 0) {
        name[0] = '\0';
        return -errno;
    }
    return fd;
}

/* Takes a piece of the text into the file *userdata. */
static int write_piece(void *userdata, const char *piece, size_t len) {
    const int *fd = userdata;

    while (len > 0) {
        ssize_t written = write(*fd, piece, len);

        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        piece += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

/*
 * Whether the new file would take the place of another user's. What the file system says of the new
 * one is compared: on some it gives all files to one user.
 */
static bool would_change_owner(const struct file_place *place, int fd) {
    struct stat old;
    struct stat new;

    return fstatat(place->dir_fd, place->name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(fd, &new) == 0 && old.st_uid != new.st_uid;
}

/* -EEXIST if the place must be empty (it may only be made) and is not. */
static int rename_temp(const struct file_place *place, const char *name, enum env_file_may may) {
    int dir_fd = place->dir_fd;

    if (may == ENV_FILE_MAY_MAKE &&
            renameat2(dir_fd, name, dir_fd, place->name, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (may == ENV_FILE_MAY_MAKE && errno != EINVAL &&
            errno != ENOSYS) { /* not every file system can do that */
        return -errno;
    }
    return renameat(dir_fd, name, dir_fd, place->name) < 0 ? -errno : 0;
}

/* Fills the temporary and makes it `place->name`; `name` stays set as long as it has that name. */
static int install_temp(const struct file_place *place, int fd, char *name,
        const struct env_text *text, enum env_file_may may) {
    char self[TEMP_NAME_BYTES];
    int error = env_text_give(text, write_piece, &fd);

    if (error < 0) {
        return error;
    }
    /* The umask may have taken bits away. */
    if (fchmod(fd, ENV_FILE_MODE) < 0 || fsync(fd) < 0) {
        return -errno;
    }
    if (name[0] == '\0') {
        char wanted[TEMP_NAME_BYTES];

        make_temp_name(wanted);
        (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        if (linkat(AT_FDCWD, self, place->dir_fd, wanted, AT_SYMLINK_FOLLOW) < 0) {
            return -errno;
        }
        memcpy(name, wanted, TEMP_NAME_BYTES);
    }
    error = rename_temp(place, name, may);
    if (error < 0) {
        return error;
    }
    name[0] = '\0';
    /* Some file systems cannot sync a directory: then the rename is as lasting as it gets. */
    return fsync(place->dir_fd) < 0 && errno != EINVAL ? -errno : 0;
}

static int replace_at(
        const struct file_place *place, const struct env_text *text, enum env_file_may may) {
    char name[TEMP_NAME_BYTES];
    int error;
    GK_AUTO_CLOSE int fd = open_temp(place->dir_fd, name);

    if (fd < 0) {
        return fd;
    }
    if (may == ENV_FILE_MAY_REPLACE && would_change_owner(place, fd)) {
        error = OTHER_OWNER;
    } else {
        error = install_temp(place, fd, name, text, may);
    }
    if (name[0] != '\0') {
        (void)unlinkat(place->dir_fd, name, 0); /* the first failure is what is told */
    }
    return error;
}

static int say_other_owner(const char *path) {
    output_error("%s belongs to another user and stays as it is; name another file with -o, or "
                 "overwrite it with --force",
            path);
    return GK_EXIT_FAILED;
}

/* Why a file cannot be replaced, and that it may still be written into. */
static int say_not_replaced(const char *path, int error) {
    if (error == EBUSY || error == EXDEV) {
        output_error("cannot replace %s: %s; it is mounted by itself: --in-place writes into it, "
                     "though not in one step",
                path, strerror(error));
    } else if ((error == EACCES || error == EPERM || error == EROFS) && access(path, W_OK) == 0) {
        output_error("cannot replace %s: %s; its directory cannot be written: --in-place writes "
                     "into the file, though not in one step",
                path, strerror(error));
    } else {
        return env_file_say_failed("write", path, error);
    }
    return GK_EXIT_FAILED;
}

int env_file_replace(const char *path, const struct env_text *text, enum env_file_may may) {
    GK_CLEANUP(file_place_deinit) struct file_place place = {.dir_fd = -1};
    sigset_t every;
    sigset_t before;
    int error = file_place_find(path, &place);

    if (error < 0) {
        return env_file_say_failed("write", path, -error);
    }
    /* No signal shall end us while the temporary has a name. */
    (void)sigfillset(&every);
    (void)sigprocmask(SIG_BLOCK, &every, &before);
    error = replace_at(&place, text, may);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (error == -EEXIST && may == ENV_FILE_MAY_MAKE) {
        return GK_EXIT_PRECONDITION;
    }
    if (error == OTHER_OWNER) {
        return say_other_owner(path);
    }
    return error < 0 ? say_not_replaced(path, -error) : GK_EXIT_DONE;
}

int env_file_overwrite(const char *path, const struct env_text *text, enum env_file_may may) {
    GK_CLEANUP(file_place_deinit) struct file_place place = {.dir_fd = -1};
    GK_AUTO_CLOSE int fd = -1;
    struct stat status;
    int error = file_place_find(path, &place);

    if (error < 0) {
        return env_file_say_failed("write", path, -error);
    }
    fd = openat(place.dir_fd, place.name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return env_file_say_failed("write", path, errno);
    }
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        return env_file_say_failed("write", path, ENOTSUP); /* it was a file when it was examined */
    }
    if (may != ENV_FILE_MAY_FORCE && status.st_uid != geteuid()) {
        return say_other_owner(path);
    }
    /* A full disk shall be met before the old text is hurt. Not every file system can say. */
    if (text->len > 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)text->len) < 0 &&
            errno == ENOSPC) {
        return env_file_say_failed("write", path, ENOSPC);
    }
    (void)fchmod(fd, ENV_FILE_MODE); /* a mount may not allow it, and is still what was named */
    error = env_text_give(text, write_piece, &fd);
    if (error == 0 && (ftruncate(fd, (off_t)text->len) < 0 || fsync(fd) < 0)) {
        error = -errno;
    }
    return error < 0 ? env_file_say_failed("write all of", path, -error) : GK_EXIT_DONE;
}

#include "env/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "env/env_format.h"
#include "env/file_place.h"
#include "terminal/output.h"

#define TEMP_NAME_BYTES 40
#define OTHER_OWNER 1 /* a result for which there is no errno */

int env_file_say_failed(const char *doing, const char *path, int error) {
    output_error("cannot %s %s: %s", doing, path, strerror(error));
    return GK_EXIT_FAILED;
}

/* Reads `len` bytes or up to the end of the file. Returns how many, or a negative errno. */
static ssize_t read_whole(int fd, char *bytes, size_t len) {
    size_t got = 0;

    while (got < len) {
        ssize_t more = read(fd, bytes + got, len - got);

        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more <= 0) {
            return more < 0 ? -errno : (ssize_t)got;
        }
        got += (size_t)more;
    }
    return (ssize_t)got;
}

/* A file that is compared with a text. */
struct comparison {
    int fd;
    struct buffer content; /* of the file, where the piece is in the text */
};

/* 1: they differ; a negative errno: the file cannot be read. */
static int compare_piece(void *userdata, const char *piece, size_t len) {
    struct comparison *comparison = userdata;
    ssize_t got;

    buffer_clear(&comparison->content);
    got = read_whole(comparison->fd, buffer_reserve(&comparison->content, len), len);
    if (got < 0) {
        return (int)got;
    }
    comparison->content.len = (size_t)got;
    return (size_t)got != len || memcmp(comparison->content.data, piece, len) != 0;
}

/* 1: the file has that text; 0: it has another; a negative errno: it cannot be read. */
static int is_text(int fd, const struct env_text *text, uintmax_t size) {
    struct comparison comparison = {.fd = fd};
    int error = size == text->len ? env_text_give(text, compare_piece, &comparison) : 1;

    buffer_deinit(&comparison.content);
    return error < 0 ? error : error == 0;
}

/* 1: the file begins with GhostKey's mark; 0: it does not; a negative errno. */
static int has_mark(int fd) {
    char mark[sizeof(ENV_FORMAT_MARK) - 1];
    ssize_t len = lseek(fd, 0, SEEK_SET) < 0 ? -errno : read_whole(fd, mark, sizeof(mark));

    if (len < 0) {
        return (int)len;
    }
    return len == (ssize_t)sizeof(mark) && memcmp(mark, ENV_FORMAT_MARK, sizeof(mark)) == 0;
}

static int compare_file(
        int fd, bool has_own_name, const struct env_text *text, enum env_file_state *ret_state) {
    struct stat status;
    int same;
    int is_ours;

    if (fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
    }
    same = is_text(fd, text, (uintmax_t)status.st_size);
    if (same < 0) {
        return same;
    }
    if (same > 0 && (status.st_mode & 07777) == ENV_FILE_MODE) {
        *ret_state = ENV_FILE_SAME;
        return 0;
    }
    is_ours = has_own_name ? 1 : has_mark(fd);
    if (is_ours < 0) {
        return is_ours;
    }
    *ret_state = is_ours > 0 ? ENV_FILE_OTHER : ENV_FILE_FOREIGN;
    return 0;
}

bool env_file_has_suffix(const char *path, const char *suffix) {
    size_t len = strlen(path);

    return len >= strlen(suffix) && strcmp(path + len - strlen(suffix), suffix) == 0;
}

/* Whether there is something at the path that is neither a file nor a directory. */
static bool is_special(const char *path) {
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

int env_file_examine(const char *path, const char *suffix, const struct env_text *text,
        enum env_file_state *ret_state) {
    GK_CLEANUP(file_place_deinit) struct file_place place = {.dir_fd = -1};
    GK_AUTO_CLOSE int fd = -1;
    bool has_own_name;
    int error;

    if (is_special(path)) {
        output_error("%s is no regular file; '-o -' writes to standard output", path);
        return GK_EXIT_FAILED;
    }
    error = file_place_find(path, &place);
    if (error < 0) {
        return env_file_say_failed("write", path, -error);
    }
    /* Not blocking: a FIFO that was made meanwhile is refused, not waited for. */
    fd = openat(place.dir_fd, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *ret_state = ENV_FILE_ABSENT;
        return GK_EXIT_DONE;
    }
    has_own_name = suffix != NULL && env_file_has_suffix(place.name, suffix);
    error = fd < 0 ? -errno : compare_file(fd, has_own_name, text, ret_state);
    return error < 0 ? env_file_say_failed("read", path, -error) : GK_EXIT_DONE;
}

static void make_temp_name(char *name) {
    uint64_t number = 0;

    /* Short reads do not happen for 8 bytes; O_EXCL and linkat() refuse a name that is taken. */
    (void)!getrandom(&number, sizeof(number), 0);
    (void)snprintf(name, TEMP_NAME_BYTES, ".ghostkey-%016llx.tmp", (unsigned long long)number);
}

/* Opens a temporary file: without a name where that works (*name is then empty). */
static int open_temp(int dir_fd, char *name) {
    int fd = -1;

    name[0] = '\0';
    if (access("/proc/self/fd", X_OK) == 0) { /* linkat() needs it */
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

int env_file_write_piece(void *fd_place, const char *piece, size_t len) {
    const int *fd = fd_place;

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
 * Whether the new file would replace one of another user. The owner of the new file is asked for,
 * too, since on some file systems all files belong to one user.
 */
static bool would_change_owner(const struct file_place *place, int fd) {
    struct stat old;
    struct stat new;

    return fstatat(place->dir_fd, place->name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(fd, &new) == 0 && old.st_uid != new.st_uid;
}

/* -EEXIST: ENV_FILE_MAY_MAKE was given, and the file exists. */
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

/* Writes the text and moves the temporary file to `place`. Clears `name` once that is done. */
static int install_temp(const struct file_place *place, int fd, char *name,
        const struct env_text *text, enum env_file_may may) {
    char self[TEMP_NAME_BYTES];
    int error = env_text_give(text, env_file_write_piece, &fd);

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
    /* Some file systems cannot sync a directory (EINVAL). */
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
        (void)unlinkat(place->dir_fd, name, 0); /* the error above is what is reported */
    }
    return error;
}

static int say_other_owner(const char *path) {
    output_error("%s belongs to another user and stays as it is; name another file with -o, or "
                 "overwrite it with --force",
            path);
    return GK_EXIT_FAILED;
}

/* Suggests --in-place where the file can be written, but not replaced. */
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
    /* No signal may end ghostctl while the temporary file has a name. */
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
        return env_file_say_failed(
                "write", path, ENOTSUP); /* it was a regular file when it was examined */
    }
    if (may != ENV_FILE_MAY_FORCE && status.st_uid != geteuid()) {
        return say_other_owner(path);
    }
    /* If the disk is full, fail before the old text is overwritten. Not every file system can tell.
     */
    if (text->len > 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)text->len) < 0 &&
            errno == ENOSPC) {
        return env_file_say_failed("write", path, ENOSPC);
    }
    (void)fchmod(
            fd, ENV_FILE_MODE); /* a mount may not allow it; the text is written all the same */
    error = env_text_give(text, env_file_write_piece, &fd);
    if (error < 0) {
        return env_file_say_failed("write all of", path, -error);
    }
    if (ftruncate(fd, (off_t)text->len) < 0 || fsync(fd) < 0) {
        return env_file_say_failed("write all of", path, errno);
    }
    return GK_EXIT_DONE;
}

#include "env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <ghostkey/error.h>

#include "buffer.h"
#include "env_format.h"
#include "file_place.h"
#include "output.h"

#define ENV_FILE_MODE 0600
#define TEMP_NAME_BYTES 40

static int say_failed(const char *doing, const char *path, int error) {
    output_error("cannot %s %s: %s", doing, path, strerror(error));
    return GK_EXIT_FAILED;
}

/* Reads that many bytes if there are so many: how many it were, or a negative errno. */
static ssize_t read_whole(int fd, char *bytes, size_t length) {
    size_t got = 0;

    while (got < length) {
        ssize_t more = read(fd, bytes + got, length - got);

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

/* A file that is read beside a text. */
struct comparison {
    int fd;
    struct buffer content; /* as much as the piece has */
};

/* 1: they differ; a negative errno if that cannot be told. */
static int compare_piece(void *userdata, const char *piece, size_t length) {
    struct comparison *comparison = userdata;
    ssize_t got;

    buffer_clear(&comparison->content);
    got = read_whole(comparison->fd, buffer_reserve(&comparison->content, length), length);
    if (got < 0) {
        return (int)got;
    }
    comparison->content.length = (size_t)got;
    return (size_t)got != length || memcmp(comparison->content.data, piece, length) != 0;
}

/* Whether the file is that text; a negative errno if that cannot be told. */
static int is_text(int fd, const struct env_text *text, uintmax_t size) {
    struct comparison comparison = {.fd = fd};
    int rc = size == text->length ? env_text_give(text, compare_piece, &comparison) : 1;

    buffer_deinit(&comparison.content);
    return rc < 0 ? rc : rc == 0;
}

static int compare_file(int fd, const struct env_text *text, enum env_file_state *ret_state) {
    char mark[sizeof(ENV_FORMAT_MARK) - 1];
    ssize_t mark_length;
    struct stat status;
    int same;

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
    if (same > 0) {
        *ret_state = (status.st_mode & 07777) == ENV_FILE_MODE ? ENV_FILE_SAME : ENV_FILE_OTHER;
        return 0;
    }
    mark_length = lseek(fd, 0, SEEK_SET) < 0 ? -errno : read_whole(fd, mark, sizeof(mark));
    if (mark_length < 0) {
        return (int)mark_length;
    }
    *ret_state =
            mark_length == (ssize_t)sizeof(mark) && memcmp(mark, ENV_FORMAT_MARK, sizeof(mark)) == 0
                    ? ENV_FILE_OTHER
                    : ENV_FILE_FOREIGN;
    return 0;
}

int env_file_examine(
        const char *path, const struct env_text *text, enum env_file_state *ret_state) {
    GK_CLEANUP(file_place_deinit) struct file_place place = {.dir_fd = -1};
    GK_AUTO_CLOSE int fd = -1;
    int rc = file_place_find(path, &place);

    if (rc < 0) {
        return say_failed("write", path, -rc);
    }
    /* Not blocking: a FIFO is refused, not waited for. */
    fd = openat(place.dir_fd, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *ret_state = ENV_FILE_ABSENT;
        return GK_EXIT_DONE;
    }
    rc = fd < 0 ? -errno : compare_file(fd, text, ret_state);
    if (rc == -ENOTSUP) {
        output_error("%s is no regular file; use --stdout to write elsewhere", path);
        return GK_EXIT_FAILED;
    }
    return rc < 0 ? say_failed("read", path, -rc) : GK_EXIT_DONE;
}

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
static int write_piece(void *userdata, const char *piece, size_t length) {
    const int *fd = userdata;

    while (length > 0) {
        ssize_t written = write(*fd, piece, length);

        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        piece += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

/* Fills the temporary and makes it `place->name`; `name` stays set as long as it has that name. */
static int install_temp(
        const struct file_place *place, int fd, char *name, const struct env_text *text) {
    char self[TEMP_NAME_BYTES];
    int rc = env_text_give(text, write_piece, &fd);

    if (rc < 0) {
        return rc;
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
    if (renameat(place->dir_fd, name, place->dir_fd, place->name) < 0) {
        return -errno;
    }
    name[0] = '\0';
    /* Some file systems cannot sync a directory: then the rename is as lasting as it gets. */
    return fsync(place->dir_fd) < 0 && errno != EINVAL ? -errno : 0;
}

static int replace_at(const struct file_place *place, const struct env_text *text) {
    char name[TEMP_NAME_BYTES];
    int rc;
    GK_AUTO_CLOSE int fd = open_temp(place->dir_fd, name);

    if (fd < 0) {
        return fd;
    }
    rc = install_temp(place, fd, name, text);
    if (name[0] != '\0') {
        (void)unlinkat(place->dir_fd, name, 0); /* the first failure is what is told */
    }
    return rc;
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
        return say_failed("write", path, error);
    }
    return GK_EXIT_FAILED;
}

int env_file_replace(const char *path, const struct env_text *text) {
    GK_CLEANUP(file_place_deinit) struct file_place place = {.dir_fd = -1};
    sigset_t every;
    sigset_t before;
    int rc = file_place_find(path, &place);

    if (rc < 0) {
        return say_failed("write", path, -rc);
    }
    /* No signal shall end us while the temporary has a name. */
    (void)sigfillset(&every);
    (void)sigprocmask(SIG_BLOCK, &every, &before);
    rc = replace_at(&place, text);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return rc < 0 ? say_not_replaced(path, -rc) : GK_EXIT_DONE;
}

int env_file_overwrite(const char *path, const struct env_text *text) {
    GK_CLEANUP(file_place_deinit) struct file_place place = {.dir_fd = -1};
    GK_AUTO_CLOSE int fd = -1;
    int rc = file_place_find(path, &place);

    if (rc < 0) {
        return say_failed("write", path, -rc);
    }
    fd = openat(
            place.dir_fd, place.name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, ENV_FILE_MODE);
    if (fd < 0) {
        return say_failed("write", path, errno);
    }
    /* A full disk shall be met before the old text is hurt. Not every file system can say. */
    if (text->length > 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)text->length) < 0 &&
            errno == ENOSPC) {
        return say_failed("write", path, ENOSPC);
    }
    (void)fchmod(fd, ENV_FILE_MODE); /* a mount may not allow it, and is still what was named */
    rc = env_text_give(text, write_piece, &fd);
    if (rc == 0 && (ftruncate(fd, (off_t)text->length) < 0 || fsync(fd) < 0)) {
        rc = -errno;
    }
    return rc < 0 ? say_failed("write all of", path, -rc) : GK_EXIT_DONE;
}

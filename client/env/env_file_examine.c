/* env_file_examine(): how the file that is there compares with the one that is to be written. */
#include "env/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "env/env_format.h"
#include "env/file_place.h"
#include "terminal/output.h"

int env_file_say_failed(const char *doing, const char *path, int error) {
    output_error("cannot %s %s: %s", doing, path, strerror(error));
    return GK_EXIT_FAILED;
}

/* Reads that many bytes if there are so many: how many it were, or a negative errno. */
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

/* A file that is read beside a text. */
struct comparison {
    int fd;
    struct buffer content; /* as much as the piece has */
};

/* 1: they differ; a negative errno if that cannot be told. */
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

/* Whether the file is that text; a negative errno if that cannot be told. */
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

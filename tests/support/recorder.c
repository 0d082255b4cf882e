/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon: records each call that changes or
 * syncs one file, with the bytes that were written, so that the file can be made again as it was
 * at any moment.
 *
 * $RECORD_FILE is the file, $RECORD_TO the recording: a struct note for each call, then its bytes.
 * The kernel is called directly, so nothing of the C library is in between.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum what {
    NOTE_WRITE,   /* len bytes at offset */
    NOTE_THROUGH, /* the same, then synced with its metadata */
    NOTE_SYNC,
    NOTE_LENGTH, /* offset: the new one */
};

struct note {
    uint64_t what;
    uint64_t offset;
    uint64_t len;
};

static int notes = -1;
static char file[PATH_MAX];

__attribute__((constructor)) static void set_up(void) {
    const char *path = getenv("RECORD_FILE");
    const char *to = getenv("RECORD_TO");

    if (path != NULL && to != NULL) {
        (void)snprintf(file, sizeof(file), "%s", path);
        notes = (int)syscall(
                SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

static int is_ours(int fd) {
    char link[64];
    char path[PATH_MAX];
    ssize_t len;

    if (notes < 0 || fd < 0) {
        return 0;
    }
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len <= 0) {
        return 0;
    }
    path[len] = '\0';
    return strcmp(path, file) == 0;
}

static void put_note(enum what what, off_t offset, const struct iovec *parts, int count) {
    struct note note = {.what = what, .offset = (uint64_t)offset};

    for (int i = 0; i < count; i++) {
        note.len += parts[i].iov_len;
    }
    (void)syscall(SYS_write, notes, &note, sizeof(note));
    if (count > 0) {
        (void)syscall(SYS_writev, notes, parts, count);
    }
}

/* offset -1: at the file's position. */
static void note_write(int fd, const struct iovec *parts, int count, off_t offset) {
    if (is_ours(fd)) {
        put_note((fcntl(fd, F_GETFL) & O_DSYNC) != 0 ? NOTE_THROUGH : NOTE_WRITE,
                offset >= 0 ? offset : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR), parts, count);
    }
}

EXPORT ssize_t write(int fd, const void *data, size_t len) {
    note_write(fd, &(struct iovec){(void *)data, len}, 1, -1);
    return syscall(SYS_write, fd, data, len);
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
    note_write(fd, &(struct iovec){(void *)data, len}, 1, offset);
    return syscall(SYS_pwrite64, fd, data, len, offset);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
    note_write(fd, parts, count, -1);
    return syscall(SYS_writev, fd, parts, count);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    note_write(fd, parts, count, offset);
    return syscall(SYS_pwritev, fd, parts, count, offset, 0L);
}

EXPORT int fsync(int fd) {
    if (is_ours(fd)) {
        put_note(NOTE_SYNC, 0, NULL, 0);
    }
    return (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd) {
    if (is_ours(fd)) {
        put_note(NOTE_SYNC, 0, NULL, 0);
    }
    return (int)syscall(SYS_fdatasync, fd);
}

EXPORT int ftruncate(int fd, off_t len) {
    if (is_ours(fd)) {
        put_note(NOTE_LENGTH, len, NULL, 0);
    }
    return (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t len) {
    int result = (int)syscall(SYS_fallocate, fd, mode, offset, len);

    if (result == 0 && mode == 0 && is_ours(fd)) {
        put_note(NOTE_LENGTH, offset + len, NULL, 0); /* the store allocates behind its end only */
    }
    return result;
}

/* Off_t has 64 bits: the other names mean the same. */
#define SAME_AS(original) __attribute__((alias(#original), visibility("default")))
SAME_AS(pwrite) ssize_t pwrite64(int fd, const void *data, size_t len, off_t offset);
SAME_AS(pwritev) ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset);
SAME_AS(ftruncate) int ftruncate64(int fd, off_t len);
SAME_AS(fallocate) int fallocate64(int fd, int mode, off_t offset, off_t len);

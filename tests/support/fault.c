/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon: counts the calls that open, write,
 * sync, resize or name one file, and makes the one it is told to fail, or the process die there. So
 * a test walks through every moment at which a disk or the power could fail.
 *
 * $FAULT_FILE is the file; a file without a name in its folder, what begins with its path (the file
 * that it is written anew in) and the folder itself count, too. Where $FAULT_NAMED is set, the file
 * system cannot have files without a name. $FAULT_CONTROL is a file of one struct control, which
 * the test maps as well: it arms and disarms while the daemon runs. The kernel is called directly,
 * so nothing of the C library is in between.
 *
 * A write that is torn ends at a multiple of SECTOR_BYTES: a disk writes a sector whole or not.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR_BYTES 512
#define HEAD_BYTES 96
#define EXPORT __attribute__((visibility("default")))

enum kind {
    FAULT_EIO = 1, /* this call, and each later one at the same site */
    FAULT_ENOSPC = 2,
    FAULT_SHORT = 3, /* the call does half and says so */
    FAULT_KILL = 4,  /* before the call */
    FAULT_TORN = 5,  /* after half of it */
    FAULT_DONE = 6,  /* after all of it */
    FAULT_LIE = 7,   /* all of it is done, and EIO is said */
    FAULT_DEAD = 8,  /* from this call on EIO for all that writes or syncs */
    FAULT_ONCE = 9,  /* EIO for this call alone */
};

/* What a call is made for: an error that lasts is one of a site, all else goes well. */
enum site {
    SITE_OPEN = 1,
    SITE_FRAME,
    SITE_HEAD,
    SITE_SYNC,
    SITE_LENGTH,
    SITE_ROOM, /* is allocated */
    SITE_NAME,
};

struct control {
    uint64_t calls; /* so far */
    uint64_t at;    /* the call to fail, from 1; 0: none */
    uint64_t kind;
    uint64_t hits;
    uint64_t syncs; /* of the file's content, so far */
    uint64_t site;  /* of the first hit */
};

static struct control *control;
static char file[PATH_MAX];
static char folder[PATH_MAX];

__attribute__((constructor)) static void set_up(void) {
    const char *path = getenv("FAULT_FILE");
    const char *place = getenv("FAULT_CONTROL");
    int fd = place == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, place, O_RDWR, 0);
    void *mapped;

    if (path == NULL || fd < 0) {
        return;
    }
    (void)snprintf(file, sizeof(file), "%s", path);
    (void)snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    mapped = (void *)syscall(
            SYS_mmap, NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
    control = mapped == MAP_FAILED ? NULL : mapped;
    (void)syscall(SYS_close, fd);
}

static int is_path_ours(const char *path) {
    size_t len = strlen(folder);

    if (len == 0 || strncmp(path, folder, len) != 0) {
        return 0;
    }
    path += len; /* "/#NUMBER (deleted)" is how the kernel names a file that has no name */
    return path[0] == '\0' || strcmp(path, "/") == 0 || strncmp(path, "/#", 2) == 0 ||
           strncmp(path, file + len, strlen(file + len)) == 0;
}

static int is_fd_ours(int fd) {
    char link[64];
    char path[PATH_MAX];
    ssize_t len;

    if (control == NULL || fd < 0) {
        return 0;
    }
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len <= 0) {
        return 0;
    }
    path[len] = '\0';
    return is_path_ours(path);
}

/* What is to happen to this call: 0 nothing. */
static enum kind next_fault(enum site site) {
    enum kind kind = (enum kind)control->kind;
    int lasts = kind < FAULT_KILL || kind == FAULT_LIE;

    uint64_t call = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST); /* by two threads */

    if (control->at == 0 || call < control->at) {
        return 0;
    }
    if (call > control->at && kind != FAULT_DEAD && !(lasts && control->site == site)) {
        return 0;
    }
    control->hits += 1;
    control->site = site;
    if (kind == FAULT_KILL) {
        (void)kill(getpid(), SIGKILL);
    }
    return kind == FAULT_ONCE ? FAULT_EIO : kind;
}

static long fail_with(int error) {
    errno = error;
    return -1;
}

/* A call that cannot be done by halves. */
#define WHOLE_CALL(site, call) \
    do { \
        enum kind fault_ = next_fault(site); \
        long result_; \
        if (fault_ == FAULT_EIO || fault_ == FAULT_SHORT || \
                (fault_ == FAULT_DEAD && (site) != SITE_OPEN)) { \
            return fail_with(EIO); \
        } \
        if (fault_ == FAULT_ENOSPC) { \
            return fail_with(ENOSPC); \
        } \
        if (fault_ == FAULT_TORN) { \
            (void)kill(getpid(), SIGKILL); \
        } \
        result_ = (call); \
        if (fault_ == FAULT_DONE) { \
            (void)kill(getpid(), SIGKILL); \
        } \
        return fault_ == FAULT_LIE ? fail_with(EIO) : result_; \
    } while (0)

static long open_at(const char *path, int flags, mode_t mode) {
    int is_ours = control != NULL && is_path_ours(path);
    int fd = -1;

    if (control != NULL && sscanf(path, "/proc/self/fd/%d", &fd) == 1) {
        is_ours = is_fd_ours(fd);
    }
    if (is_ours) {
        WHOLE_CALL(SITE_OPEN, syscall(SYS_openat, AT_FDCWD, path, flags, mode));
    }
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...) {
    va_list arguments;
    mode_t mode;

    if ((flags & O_TMPFILE) == O_TMPFILE && getenv("FAULT_NAMED") != NULL) {
        return (int)fail_with(EOPNOTSUPP);
    }
    va_start(arguments, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return (int)open_at(path, flags, mode);
}

/* One buffer of len bytes at offset; -1: where the file stands. */
static long write_at(int fd, const void *data, size_t len, off_t offset) {
    return offset < 0 ? syscall(SYS_write, fd, data, len)
                      : syscall(SYS_pwrite64, fd, data, len, offset);
}

static long write_or_fail(int fd, const void *data, size_t len, off_t offset) {
    size_t half = len / 2 / SECTOR_BYTES * SECTOR_BYTES;
    enum kind fault;
    long result;

    if (!is_fd_ours(fd)) {
        return write_at(fd, data, len, offset);
    }
    fault = next_fault(offset >= 0 && offset < HEAD_BYTES ? SITE_HEAD : SITE_FRAME);
    if (fault == FAULT_EIO || fault == FAULT_DEAD) {
        return fail_with(EIO);
    }
    if (fault == FAULT_ENOSPC) {
        return fail_with(ENOSPC);
    }
    result = write_at(fd, data, fault == FAULT_SHORT || fault == FAULT_TORN ? half : len, offset);
    if (fault == FAULT_TORN || fault == FAULT_DONE) {
        (void)kill(getpid(), SIGKILL);
    }
    return fault == FAULT_LIE ? fail_with(EIO) : result;
}

EXPORT ssize_t write(int fd, const void *data, size_t len) {
    return write_or_fail(fd, data, len, -1);
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
    return write_or_fail(fd, data, len, offset);
}

/* Many buffers become one, so that half of them can be written. */
static ssize_t write_vector(int fd, const struct iovec *parts, int count, off_t offset) {
    size_t len = 0;
    size_t at = 0;
    char *all;
    ssize_t result;

    for (int i = 0; i < count; i++) {
        len += parts[i].iov_len;
    }
    all = malloc(len > 0 ? len : 1);
    if (all == NULL) {
        return fail_with(ENOMEM);
    }
    for (int i = 0; i < count; i++) {
        memcpy(all + at, parts[i].iov_base, parts[i].iov_len);
        at += parts[i].iov_len;
    }
    result = write_or_fail(fd, all, len, offset);
    free(all);
    return result;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
    return is_fd_ours(fd) ? write_vector(fd, parts, count, -1)
                          : syscall(SYS_writev, fd, parts, count);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return write_vector(fd, parts, count, offset);
}

EXPORT int fsync(int fd) {
    if (is_fd_ours(fd)) {
        WHOLE_CALL(SITE_SYNC, syscall(SYS_fsync, fd));
    }
    return (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd) {
    if (is_fd_ours(fd)) {
        control->syncs += 1;
        WHOLE_CALL(SITE_SYNC, syscall(SYS_fdatasync, fd));
    }
    return (int)syscall(SYS_fdatasync, fd);
}

EXPORT int ftruncate(int fd, off_t len) {
    if (is_fd_ours(fd)) {
        WHOLE_CALL(SITE_LENGTH, syscall(SYS_ftruncate, fd, len));
    }
    return (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
    if (control != NULL && is_path_ours(to)) {
        WHOLE_CALL(SITE_NAME, syscall(SYS_linkat, from_fd, from, to_fd, to, flags));
    }
    return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t len) {
    if (is_fd_ours(fd)) {
        WHOLE_CALL(SITE_ROOM, syscall(SYS_fallocate, fd, mode, offset, len));
    }
    return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

EXPORT int rename(const char *from, const char *to) {
    if (control != NULL && is_path_ours(to)) {
        WHOLE_CALL(SITE_NAME, syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
    }
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

EXPORT int unlink(const char *path) {
    if (control != NULL && is_path_ours(path)) {
        WHOLE_CALL(SITE_NAME, syscall(SYS_unlinkat, AT_FDCWD, path, 0));
    }
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* Off_t has 64 bits: the other names mean the same. */
#define SAME_AS(original) __attribute__((alias(#original), visibility("default")))
SAME_AS(open) int open64(const char *path, int flags, ...);
SAME_AS(pwrite) ssize_t pwrite64(int fd, const void *data, size_t len, off_t offset);
SAME_AS(pwritev) ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset);
SAME_AS(ftruncate) int ftruncate64(int fd, off_t len);
SAME_AS(fallocate) int fallocate64(int fd, int mode, off_t offset, off_t len);

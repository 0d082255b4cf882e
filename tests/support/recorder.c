/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon: records each call that changes or
 * syncs its journals, with the bytes that were written, so that what is on the disk can be made
 * again as it was at any moment.
 *
 * $RECORD_FILE is the store's file, and what it is written anew in is recorded, too; "memfd" means
 * the memfds that the state is kept in. $RECORD_TO is the recording: a struct note for each call,
 * then its bytes, and zeros up to a multiple of eight. The test appends notes of its own there. A
 * write is noted once it is done, a sync before it begins: what is noted before a sync is what the
 * sync makes last.
 *
 * The kernel is called directly, so nothing of the C library is in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MEMFD "/memfd:ghostkey "
#define REWRITE_SUFFIX ".rewrite"
#define NOTE_ALIGNMENT 8

enum what {
    NOTE_WRITE, /* len bytes at offset */
    NOTE_SYNC,
    NOTE_LENGTH, /* offset: the new one */
    NOTE_CREATE, /* offset: 0 has the store's name, 1 the one with the suffix */
    NOTE_RENAME, /* the second name becomes the first */
    NOTE_UNLINK, /* of the second name */
    NOTE_FOLDER, /* the folder is synced */
    NOTE_MARK,   /* by the test: an operation has been answered */
};

struct note {
    uint64_t what;
    uint64_t file; /* its inode */
    uint64_t offset;
    uint64_t len;
};

static int notes = -1;
static char names[2][PATH_MAX];
static char folder[PATH_MAX];

__attribute__((constructor)) static void set_up(void) {
    const char *path = getenv("RECORD_FILE");
    const char *to = getenv("RECORD_TO");

    if (path == NULL || to == NULL) {
        return;
    }
    notes = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (strrchr(path, '/') != NULL) {
        (void)snprintf(names[0], PATH_MAX, "%s", path);
        (void)snprintf(names[1], PATH_MAX, "%s%s", path, REWRITE_SUFFIX);
        (void)snprintf(folder, PATH_MAX, "%.*s", (int)(strrchr(path, '/') - path), path);
    }
}

static int is_ours(const char *path) {
    return folder[0] == '\0' ? strncmp(path, MEMFD, strlen(MEMFD)) == 0
                             : strcmp(path, names[0]) == 0 || strcmp(path, names[1]) == 0;
}

static int path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    ssize_t len;

    if (notes < 0 || fd < 0) {
        return 0;
    }
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, PATH_MAX - 1);
    path[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* One write, so that two threads and the test do not mix. */
static void put_note(enum what what, int fd, off_t offset, const void *bytes, size_t len) {
    int error = errno;
    struct stat status = {0};
    struct note note = {.what = what, .offset = (uint64_t)offset, .len = len};
    static char zeros[NOTE_ALIGNMENT];
    struct iovec parts[] = {{&note, sizeof(note)}, {(void *)bytes, len},
            {zeros, (NOTE_ALIGNMENT - len % NOTE_ALIGNMENT) % NOTE_ALIGNMENT}};

    (void)fstat(fd, &status);
    note.file = status.st_ino;
    (void)syscall(SYS_writev, notes, parts, 3);
    errno = error;
}

static void note_if_ours(enum what what, int fd, off_t offset, const void *bytes, size_t len) {
    char path[PATH_MAX];

    if (path_of(fd, path) && is_ours(path)) {
        put_note(what, fd, offset, bytes, len);
    }
}

EXPORT int open(const char *path, int flags, ...) {
    va_list arguments;
    mode_t mode;
    int fd;

    va_start(arguments, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && (flags & O_EXCL) != 0 && strcmp(path, names[1]) == 0) {
        put_note(NOTE_CREATE, fd, 1, NULL, 0);
    }
    return fd;
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
    ssize_t result = syscall(SYS_pwrite64, fd, data, len, offset);

    if (result > 0) {
        note_if_ours(NOTE_WRITE, fd, offset, data, (size_t)result);
    }
    return result;
}

static void note_sync(int fd) {
    char path[PATH_MAX];

    if (path_of(fd, path) && is_ours(path)) {
        put_note(NOTE_SYNC, fd, 0, NULL, 0);
    } else if (folder[0] != '\0' && strcmp(path, folder) == 0) {
        put_note(NOTE_FOLDER, fd, 0, NULL, 0);
    }
}

EXPORT int fsync(int fd) {
    note_sync(fd);
    return (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd) {
    note_sync(fd);
    return (int)syscall(SYS_fdatasync, fd);
}

EXPORT int ftruncate(int fd, off_t len) {
    int result = (int)syscall(SYS_ftruncate, fd, len);

    if (result == 0) {
        note_if_ours(NOTE_LENGTH, fd, len, NULL, 0);
    }
    return result;
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t len) {
    int result = (int)syscall(SYS_fallocate, fd, mode, offset, len);

    if (result == 0 && mode == 0) { /* the store allocates behind its end only */
        note_if_ours(NOTE_LENGTH, fd, offset + len, NULL, 0);
    }
    return result;
}

EXPORT int rename(const char *from, const char *to) {
    int result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);

    if (result == 0 && strcmp(from, names[1]) == 0 && strcmp(to, names[0]) == 0) {
        put_note(NOTE_RENAME, -1, 0, NULL, 0);
    }
    return result;
}

EXPORT int unlink(const char *path) {
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

    if (result == 0 && strcmp(path, names[1]) == 0) {
        put_note(NOTE_UNLINK, -1, 0, NULL, 0);
    }
    return result;
}

/* Off_t has 64 bits: the other names mean the same. */
#define SAME_AS(original) __attribute__((alias(#original), visibility("default")))
SAME_AS(open) int open64(const char *path, int flags, ...);
SAME_AS(pwrite) ssize_t pwrite64(int fd, const void *data, size_t len, off_t offset);
SAME_AS(ftruncate) int ftruncate64(int fd, off_t len);
SAME_AS(fallocate) int fallocate64(int fd, int mode, off_t offset, off_t len);

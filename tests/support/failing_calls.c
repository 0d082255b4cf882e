#include "support/failing_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *wanted; /* NULL: no call is to fail */
static int wanted_error;
static void (*wanted_act)(void);
static atomic_uint left; /* calls of that name, until the one that fails; 0: it did */

static void arm(const char *name, unsigned int n, int error, void (*act)(void)) {
    wanted = name;
    wanted_error = error;
    wanted_act = act;
    atomic_store(&left, n);
}

void calls_fail(const char *name, unsigned int n, int error) {
    arm(name, n, error, NULL);
}

void calls_meet(const char *name, unsigned int n, void (*act)(void)) {
    arm(name, n, 0, act);
}

bool calls_end(void) {
    bool came = atomic_load(&left) == 0;

    arm(NULL, 0, 0, NULL);
    return came;
}

static bool fails(const char *name) {
    if (wanted == NULL || strcmp(wanted, name) != 0 || atomic_load(&left) == 0 ||
            atomic_fetch_sub(&left, 1) != 1) {
        return false;
    }
    if (wanted_act != NULL) {
        wanted_act();
        return false;
    }
    errno = wanted_error;
    return true;
}

/* A call that the C library has under another name, too: where off_t has 64 bits. */
#define FAILING(type, symbol, name, failure, parameters, arguments) \
    type __real_##symbol parameters; \
    type __wrap_##symbol parameters; \
    type __wrap_##symbol parameters { \
        return fails(name) ? (failure) : __real_##symbol arguments; \
    }
#define MINUS_ONE (errno == 0 ? 0 : -1)

FAILING(ssize_t, pread64, "pread", MINUS_ONE, (int fd, void *data, size_t len, off_t at),
        (fd, data, len, at))
FAILING(ssize_t, pwrite64, "pwrite", MINUS_ONE, (int fd, const void *data, size_t len, off_t at),
        (fd, data, len, at))
FAILING(int, ftruncate64, "ftruncate", -1, (int fd, off_t len), (fd, len))
FAILING(int, fallocate64, "fallocate", -1, (int fd, int mode, off_t at, off_t len),
        (fd, mode, at, len))
FAILING(off_t, lseek64, "lseek", -1, (int fd, off_t at, int whence), (fd, at, whence))
FAILING(int, fdatasync, "fdatasync", -1, (int fd), (fd))
FAILING(int, fsync, "fsync", -1, (int fd), (fd))
FAILING(int, fstat64, "fstat", -1, (int fd, struct stat *status), (fd, status))
FAILING(int, flock, "flock", -1, (int fd, int operation), (fd, operation))
FAILING(int, rename, "rename", -1, (const char *from, const char *to), (from, to))
FAILING(ssize_t, getrandom, "getrandom", -1, (void *place, size_t len, unsigned int flags),
        (place, len, flags))
FAILING(int, pthread_create, "pthread_create", errno,
        (pthread_t * thread, const pthread_attr_t *how, void *(*run)(void *), void *argument),
        (thread, how, run, argument))

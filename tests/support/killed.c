/*
 * A shared object to be preloaded (LD_PRELOAD) into ghostctl: it sends itself SIGKILL just before
 * or after a call of the C library, number $KILLED_AT: an even number 2n means before the call n,
 * and 2n + 1 after it. The processes that ghostctl makes do not count, and do not load it.
 */
#undef _FORTIFY_SOURCE /* with it the C library's headers have functions of their own */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t own_pid;
static long left = -1; /* so many moments until the end */

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("KILLED_AT");

    left = at != NULL ? strtol(at, NULL, 10) : -1;
    own_pid = getpid();
    (void)unsetenv("LD_PRELOAD");
    (void)unsetenv("KILLED_AT");
}

static void moment(void) {
    if (left >= 0 && getpid() == own_pid && left-- == 0) {
        (void)kill(own_pid, SIGKILL);
    }
}

/* Defines the function anew: the same, with a moment before and after it. */
#define COUNT(type, name, parameters, arguments) \
    type name parameters { \
        type(*real) parameters; \
        type result; \
\
        *(void **)&real = dlsym(RTLD_NEXT, #name); /* as dlsym(3) has it */ \
        moment(); \
        result = real arguments; \
        moment(); \
        return result; \
    }

#pragma GCC visibility push(default)
COUNT(pid_t, fork, (void), ())
COUNT(int, socketpair, (int domain, int type, int protocol, int ends[2]),
        (domain, type, protocol, ends))
COUNT(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
COUNT(int, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t len), (fd, address, len))
COUNT(int, listen, (int fd, int backlog), (fd, backlog))
COUNT(ssize_t, recv, (int fd, void *data, size_t len, int flags), (fd, data, len, flags))
COUNT(ssize_t, write, (int fd, const void *data, size_t len), (fd, data, len))
COUNT(ssize_t, read, (int fd, void *data, size_t len), (fd, data, len))
COUNT(ssize_t, getrandom, (void *data, size_t len, unsigned int flags), (data, len, flags))
COUNT(int, pipe2, (int ends[2], int flags), (ends, flags))
COUNT(int, poll, (struct pollfd * fds, nfds_t count, int wait_ms), (fds, count, wait_ms))
COUNT(int, pidfd_open, (pid_t pid, unsigned int flags), (pid, flags))
COUNT(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
COUNT(int, setpgid, (pid_t pid, pid_t group), (pid, group))
COUNT(int, signalfd, (int fd, const sigset_t *signals, int flags), (fd, signals, flags))
COUNT(int, close, (int fd), (fd))

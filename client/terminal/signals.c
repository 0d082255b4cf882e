#include "terminal/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "terminal/output.h"

static sigset_t mask_before;
static bool is_open; /* `mask_before` is known */
static int interrupt_fd = -1;
static void (*pipe_before)(int) = SIG_DFL;
static void (*child_before)(int) = SIG_DFL;

bool signals_is_ignored(int number) {
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int open_set(const sigset_t *wanted) {
    int fd;

    (void)sigprocmask(SIG_BLOCK, wanted, &mask_before);
    is_open = true;
    fd = signalfd(-1, wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        output_error("cannot watch for signals: %s", strerror(errno));
    }
    return fd;
}

int signals_open(const int *numbers) {
    sigset_t wanted;

    (void)sigemptyset(&wanted); /* these fail only for an invalid signal */
    for (; *numbers != 0; numbers++) {
        if (!signals_is_ignored(*numbers)) {
            (void)sigaddset(&wanted, *numbers);
        }
    }
    return open_set(&wanted);
}

int signals_open_passed(void) {
    static const int not_passed[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
            SIGSYS,           /* ghostctl's own faults */
            SIGXCPU, SIGXFSZ, /* its own limits */
            SIGPIPE, 0};
    sigset_t wanted;

    (void)sigfillset(&wanted);
    for (const int *number = not_passed; *number != 0; number++) {
        (void)sigdelset(&wanted, *number);
    }
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (signals_is_ignored(number)) {
            (void)sigdelset(&wanted, number);
        }
    }
    return open_set(&wanted);
}

int signals_read(int fd) {
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return 0;
    }
    return (int)info.ssi_signo;
}

void signals_release(void) {
    (void)sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void signals_set_interrupt_fd(int fd) {
    interrupt_fd = fd;
}

int signals_interrupt_fd(void) {
    return interrupt_fd;
}

bool signals_is_interrupted(void) {
    struct pollfd interrupt = {.fd = interrupt_fd, .events = POLLIN};

    return poll(&interrupt, 1, 0) > 0;
}

void signals_die(int number, bool with_group) {
    sigset_t only;

    (void)sigemptyset(&only);
    (void)sigaddset(&only, number);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
    (void)kill(with_group ? 0 : getpid(), number);
}

void signals_set_actions(void) {
    pipe_before = signal(SIGPIPE, SIG_IGN); /* these cannot fail for these signals */
    child_before = signal(SIGCHLD, SIG_DFL);
}

void signals_restore_actions(void) {
    (void)signal(SIGPIPE, pipe_before);
    (void)signal(SIGCHLD, child_before);
}

int signals_init_spawn(posix_spawnattr_t *ret_attributes) {
    sigset_t mask;
    sigset_t defaults;
    int error = posix_spawnattr_init(ret_attributes);

    if (error != 0) {
        return error;
    }
    mask = mask_before;
    if (!is_open) {
        (void)sigprocmask(SIG_BLOCK, NULL, &mask);
    }
    (void)sigemptyset(&defaults);
    if (pipe_before == SIG_DFL) {
        (void)sigaddset(&defaults, SIGPIPE);
    }
    /* These fail only for flags that do not exist. */
    (void)posix_spawnattr_setsigmask(ret_attributes, &mask);
    (void)posix_spawnattr_setsigdefault(ret_attributes, &defaults);
    (void)posix_spawnattr_setflags(ret_attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return 0;
}

#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "output.h"

static sigset_t mask_before;
static void (*pipe_before)(int) = SIG_DFL;

static bool is_ignored(int number) {
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int signals_open(const int *numbers) {
    sigset_t wanted;
    int fd;

    (void)sigemptyset(&wanted); /* these fail only for what is no signal */
    for (; *numbers != 0; numbers++) {
        if (!is_ignored(*numbers)) {
            (void)sigaddset(&wanted, *numbers);
        }
    }
    (void)sigprocmask(SIG_BLOCK, &wanted, &mask_before);
    fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        output_error("cannot watch for signals: %s", strerror(errno));
    }
    return fd;
}

int signals_read_source(int fd, bool *ret_from_kernel) {
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return 0;
    }
    *ret_from_kernel = info.ssi_code == SI_KERNEL;
    return (int)info.ssi_signo;
}

int signals_read(int fd) {
    bool from_kernel = false;

    return signals_read_source(fd, &from_kernel);
}

void signals_release(void) {
    (void)sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void signals_ignore_pipe(void) {
    pipe_before = signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */
}

void signals_restore_pipe(void) {
    (void)signal(SIGPIPE, pipe_before);
}

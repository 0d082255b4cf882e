#include "terminal/ending.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include <ghostkey/error.h>

#include "terminal/output.h"
#include "terminal/signals.h"

void ending_close(struct ending *ending) {
    ending->wake_fd = gk_close(ending->wake_fd);
    ending->signal_fd = gk_close(ending->signal_fd);
}

/* epoll reports that the other end was closed whether or not `events` asks for it. */
static int watch(int epoll_fd, int fd, uint32_t events) {
    struct epoll_event event = {.events = events};

    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int ending_open(struct ending *ending) {
    static const int signals[] = {SIGINT, 0};

    ending->signal_fd = signals_open(signals);
    if (ending->signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    ending->wake_fd = epoll_create1(EPOLL_CLOEXEC);
    if (ending->wake_fd < 0 || watch(ending->wake_fd, ending->signal_fd, EPOLLIN) < 0) {
        output_error("cannot watch for an interrupt: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    (void)watch(ending->wake_fd, STDOUT_FILENO, 0); /* fails for a file, which needs no reader */
    return 0;
}

bool ending_has_come(const struct ending *ending) {
    struct pollfd out = {.fd = STDOUT_FILENO};

    return signals_read(ending->signal_fd) != 0 ||
           (poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0);
}

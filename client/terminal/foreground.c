#include "terminal/foreground.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "common/cleanup.h"

void foreground_init(struct foreground *foreground) {
    *foreground = (struct foreground){
            .fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY),
            .own_group = getpgrp(),
    };
}

void foreground_deinit(struct foreground *foreground) {
    foreground_take_back(foreground, true);
    foreground->fd = gk_close(foreground->fd);
}

bool foreground_is_of(const struct foreground *foreground, pid_t group) {
    return foreground->fd >= 0 && tcgetpgrp(foreground->fd) == group;
}

bool foreground_is_own(const struct foreground *foreground) {
    return foreground_is_of(foreground, foreground->own_group);
}

bool foreground_lend_begin(struct foreground *foreground) {
    foreground->is_lent = foreground_is_own(foreground);
    foreground->has_command_modes = false;
    if (foreground->is_lent) {
        foreground->has_own_modes = tcgetattr(foreground->fd, &foreground->own_modes) == 0;
    }
    return foreground->is_lent;
}

void foreground_lend_take(const struct foreground *foreground) {
    (void)tcsetpgrp(foreground->fd, getpid()); /* a terminal that hung up has no reader */
}

void foreground_lend(struct foreground *foreground, pid_t group) {
    if (!foreground_is_own(foreground)) {
        return;
    }
    foreground->has_own_modes = tcgetattr(foreground->fd, &foreground->own_modes) == 0;
    foreground->is_lent = tcsetpgrp(foreground->fd, group) == 0;
    if (foreground->is_lent && foreground->has_command_modes) {
        (void)tcsetattr(foreground->fd, TCSANOW, &foreground->command_modes); /* its own */
    }
    foreground->has_command_modes = false;
}

void foreground_take_back(struct foreground *foreground, bool with_modes) {
    if (!foreground->is_lent) {
        return;
    }
    foreground->is_lent = false;
    /* Both fail only for a terminal that hung up. */
    (void)tcsetpgrp(foreground->fd, foreground->own_group);
    if (with_modes && foreground->has_own_modes) {
        (void)tcsetattr(foreground->fd, TCSANOW, &foreground->own_modes);
    }
}

void foreground_suspend(struct foreground *foreground) {
    if (!foreground->is_lent) {
        return;
    }
    foreground->has_command_modes = tcgetattr(foreground->fd, &foreground->command_modes) == 0;
    foreground_take_back(foreground, true);
}

void foreground_check(struct foreground *foreground, pid_t group) {
    if (!foreground->is_lent || foreground_is_of(foreground, group)) {
        return;
    }
    foreground->is_lent = false;
    foreground_lend(foreground, group);
}

bool foreground_has_hung_up(const struct foreground *foreground) {
    struct pollfd terminal = {.fd = foreground->fd};

    return poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR)) != 0;
}

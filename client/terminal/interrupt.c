#include "terminal/interrupt.h"

#include <poll.h>

static int current_fd = -1;

void interrupt_set_fd(int fd) {
    current_fd = fd;
}

int interrupt_fd(void) {
    return current_fd;
}

bool interrupt_is_there(void) {
    struct pollfd interrupt = {.fd = current_fd, .events = POLLIN};

    return poll(&interrupt, 1, 0) > 0;
}

/* A clock that nobody sets, to measure how long something takes. */
#ifndef GHOSTCTL_MONOTONIC_H
#define GHOSTCTL_MONOTONIC_H

#include <stdint.h>
#include <time.h>

static inline int64_t monotonic_ms(void) {
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* this clock is always there */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif

#include "wire/timeout.h"

#include <limits.h>
#include <stddef.h>

#include "monotonic.h"

#define SLOW_BYTES_PER_MS 16 /* a faster exchange is never too slow */

const struct timeout_limits timeout_default = {
        .long_wait_ms = 5000, .silent_ms = 10 * 60 * 1000, .slow_ms = 60 * 1000};

void timeout_begin(struct timeout *timeout, bool is_endless) {
    *timeout = (struct timeout){.limits = timeout->limits, .is_endless = is_endless};
}

int timeout_wait(struct timeout *timeout) {
    int64_t left_ms = timeout->limits->silent_ms - timeout->silent_ms - timeout->quiet_ms;

    timeout->wait_from_ms = monotonic_ms();
    if (timeout->is_endless) {
        return -1;
    }
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

const char *timeout_waited(struct timeout *timeout, bool can_move) {
    return timeout_spend(timeout, monotonic_ms() - timeout->wait_from_ms, can_move);
}

const char *timeout_spend(struct timeout *timeout, int64_t waited_ms, bool can_move) {
    const struct timeout_limits *limits = timeout->limits;
    int64_t more_ms = (int64_t)(timeout->moved_bytes / SLOW_BYTES_PER_MS);

    timeout->quiet_ms += waited_ms;
    if (!timeout->is_endless && timeout->silent_ms + timeout->quiet_ms >= limits->silent_ms) {
        return "it has been silent for 10 minutes";
    }
    if (!can_move) {
        return NULL;
    }
    if (timeout->quiet_ms < limits->long_wait_ms) {
        timeout->slow_ms += timeout->quiet_ms;
    } else {
        timeout->silent_ms += timeout->quiet_ms;
    }
    timeout->quiet_ms = 0;
    if (timeout->slow_ms - more_ms > limits->slow_ms) {
        return "its answer comes too slowly, a few bytes at a time for over a minute";
    }
    return NULL;
}

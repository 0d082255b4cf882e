#include "wire/patience.h"

#include <limits.h>
#include <stddef.h>

#include "monotonic.h"

#define SLOW_BYTES_PER_MS 16 /* a faster exchange is never too slow */

const struct patience_limits patience_default = {
        .long_wait_ms = 5000, .silent_ms = 10 * 60 * 1000, .slow_ms = 60 * 1000};

void patience_begin(struct patience *patience, bool is_endless) {
    *patience = (struct patience){.limits = patience->limits, .is_endless = is_endless};
}

int patience_wait(struct patience *patience) {
    int64_t left_ms = patience->limits->silent_ms - patience->silent_ms - patience->quiet_ms;

    patience->wait_from_ms = monotonic_ms();
    if (patience->is_endless) {
        return -1;
    }
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

const char *patience_waited(struct patience *patience, bool can_move) {
    return patience_spend(patience, monotonic_ms() - patience->wait_from_ms, can_move);
}

const char *patience_spend(struct patience *patience, int64_t waited_ms, bool can_move) {
    const struct patience_limits *limits = patience->limits;
    int64_t more_ms = (int64_t)(patience->moved_bytes / SLOW_BYTES_PER_MS);

    patience->quiet_ms += waited_ms;
    if (!patience->is_endless && patience->silent_ms + patience->quiet_ms >= limits->silent_ms) {
        return "it has been silent for 10 minutes";
    }
    if (!can_move) {
        return NULL;
    }
    if (patience->quiet_ms < limits->long_wait_ms) {
        patience->slow_ms += patience->quiet_ms;
    } else {
        patience->silent_ms += patience->quiet_ms;
    }
    patience->quiet_ms = 0;
    if (patience->slow_ms - more_ms > limits->slow_ms) {
        return "its answer comes too slowly, a few bytes at a time for over a minute";
    }
    return NULL;
}

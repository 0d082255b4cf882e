/*
 * How long an exchange with the daemon may take. Two things are told apart:
 *
 * Silence. A daemon that says nothing for a while is at work, perhaps on somebody else's request:
 * an advance of its clock may take minutes. All long waits of one exchange together may last
 * `silent_ms`; for a request that itself takes long there is no limit.
 *
 * Slowness. What comes in small pieces, one after the other, comes from no daemon at work. All
 * other waits together may last `slow_ms`, and longer for each byte that was moved.
 */
#ifndef GHOSTCTL_PATIENCE_H
#define GHOSTCTL_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience_limits {
    int64_t long_wait_ms; /* a wait from here on is silence */
    int64_t silent_ms;
    int64_t slow_ms;
};

/* 5 seconds; 10 minutes; 1 minute. */
extern const struct patience_limits patience_default;

struct patience {
    const struct patience_limits *limits;
    bool is_endless; /* silence has no limit */
    int64_t silent_ms;
    int64_t slow_ms;
    int64_t quiet_ms;     /* since something was moved */
    int64_t wait_from_ms; /* when the wait began that goes on */
    uint64_t moved_bytes; /* sent and received */
};

/* A new exchange begins. */
void patience_begin(struct patience *patience, bool is_endless);

/* A wait begins: how long it may last at most, for poll(). */
int patience_wait(struct patience *patience);

/* It ended, because something can be moved or not. NULL, or why the exchange is given up. */
const char *patience_waited(struct patience *patience, bool can_move);

/* The same, told how long it took. */
const char *patience_spend(struct patience *patience, int64_t waited_ms, bool can_move);

#endif

/*
 * How long an exchange with the daemon may take. There are two limits:
 *
 * Silence. A daemon that sends nothing for a while is busy, perhaps with the request of another
 * client: an advance of its clock may take minutes. All long waits of one exchange together may
 * last `silent_ms`. A request that itself takes long has no such limit.
 *
 * Slowness. A daemon that is busy does not send a few bytes at a time. All short waits together may
 * last `slow_ms`, and longer for each byte that was sent or received.
 */
#ifndef GHOSTCTL_TIMEOUT_H
#define GHOSTCTL_TIMEOUT_H

#include <stdbool.h>
#include <stdint.h>

struct timeout_limits {
    int64_t long_wait_ms; /* a wait of this length is long */
    int64_t silent_ms;
    int64_t slow_ms;
};

/* 5 seconds; 10 minutes; 1 minute. */
extern const struct timeout_limits timeout_default;

struct timeout {
    const struct timeout_limits *limits;
    bool is_endless; /* silence has no limit */
    int64_t silent_ms;
    int64_t slow_ms;
    int64_t quiet_ms;     /* since bytes could be sent or received */
    int64_t wait_from_ms; /* when the current wait began */
    uint64_t moved_bytes; /* sent and received */
};

/* A new exchange begins. */
void timeout_begin(struct timeout *timeout, bool is_endless);

/* A wait begins. Returns how long it may last, for poll(). */
int timeout_wait(struct timeout *timeout);

/* The wait ended. `can_move`: bytes can be sent or received. NULL, or why the exchange fails. */
const char *timeout_waited(struct timeout *timeout, bool can_move);

/* The same for a wait of that length. */
const char *timeout_spend(struct timeout *timeout, int64_t waited_ms, bool can_move);

#endif

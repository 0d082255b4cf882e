/* Moving the virtual clock, and putting everything back to where it began. */
#ifndef GHOSTKEYD_BROKER_ADVANCE_H
#define GHOSTKEYD_BROKER_ADVANCE_H

#include "common/instant.h"
#include "model/problem.h"

struct broker;

/* What a move of the clock fired. */
struct advance {
    uint64_t rotated;
    uint64_t expired;
    uint64_t deleted; /* of deletions that could be undone until then */
    instant next_due; /* INT64_MAX: nothing is due */
};

/* Moves the virtual clock by by_s seconds, or to an instant. GK_E_CLOCK_KIND, GK_E_BAD_REQUEST */
int broker_advance(
        struct broker *broker, int64_t by_s, struct advance *ret_advance, struct problem *problem);
int broker_set_clock(
        struct broker *broker, instant to, struct advance *ret_advance, struct problem *problem);

/*
 * Forgets all but the seed, and puts a virtual clock back to where it began: what follows is as
 * after a start from nothing. GK_E_CLOCK_KIND: the clock is the system's, and is_forced is not set.
 */
int broker_reset(struct broker *broker, bool is_forced, struct problem *problem);

#endif

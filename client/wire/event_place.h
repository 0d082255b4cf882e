/*
 * A place in the daemon's log of events: the last event that was printed. So no event is printed
 * twice and none is left out without a message, even if the daemon is restarted in between.
 *
 * The numbers of events are not enough for that, since a daemon that lost its state counts from 1
 * again. So a stream that is opened again begins with the last event, which must be the same.
 */
#ifndef GHOSTCTL_EVENT_PLACE_H
#define GHOSTCTL_EVENT_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "wire/broker_verbs.h"

/* Begins as {0}. */
struct event_place {
    uint64_t seq;       /* of the last event that was printed, or behind which to begin */
    struct buffer last; /* that event; empty: it is not known */
    bool accepts_any;   /* no event was printed yet: begins with the oldest that is kept */
    bool checks_last;   /* the stream begins with the last event once more */
};

void event_place_deinit(struct event_place *place);

/* Moves behind the newest event. An exit status, after a message. */
int event_place_find_end(struct event_place *place, const struct target *target);

/* Reads the event with the number `seq`, to compare it after a break. An exit status. */
int event_place_find_last(struct event_place *place, const struct target *target);

/* The number behind which the stream begins after a break. */
uint64_t event_place_resume(struct event_place *place);

/*
 * Moves on to an event, whose number is `id`, from the daemon that messages call `shown`.
 * *ret_is_known: it was printed before the break. An exit status, after a message: GK_EXIT_FAILED
 * if it is not the next event, because those between are no longer kept, or because the daemon lost
 * its state.
 */
int event_place_take(struct event_place *place, const char *shown, const char *id,
        const struct buffer *event, bool *ret_is_known);

/* Prints that the events from `first` to the one before `next` are lost; GK_EXIT_FAILED. */
int event_place_say_gap(uint64_t first, uint64_t next);

#endif

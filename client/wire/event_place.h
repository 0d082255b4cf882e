/*
 * A place in the daemon's log of events: which event was told last, so that none is told twice and
 * none is left out in silence, also if the daemon is started again in between.
 *
 * Numbers alone do not say that: a daemon that forgot its state counts from 1 again. So the last
 * event is asked for once more when a stream is opened again, and must be the same.
 */
#ifndef GHOSTCTL_EVENT_PLACE_H
#define GHOSTCTL_EVENT_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "wire/broker_client.h"

/* Begins as {0}. */
struct event_place {
    uint64_t seq;       /* of the event that was told last, or behind which to begin */
    struct buffer last; /* that event; empty: it is not known */
    bool accepts_any;   /* nothing was told yet: begins with the oldest event that is kept */
    bool checks_last;   /* the last event is to come once more, before the next */
};

void event_place_deinit(struct event_place *place);

/* Behind the newest event that there is. An exit status, said. */
int event_place_find_end(struct event_place *place, const struct target *target);

/* Looks at the event that the place is behind, so that it is known after a break. The same. */
int event_place_find_last(struct event_place *place, const struct target *target);

/* The number behind which to go on after a break. */
uint64_t event_place_resume(struct event_place *place);

/*
 * Moves on to an event, whose number is `id`, from the daemon that messages call `shown`.
 * *ret_is_known: it was told before the break. An exit status, said: GK_EXIT_FAILED if it is not
 * the next event, because those between are no longer kept, or because the log has begun anew.
 */
int event_place_take(struct event_place *place, const char *shown, const char *id,
        const struct buffer *event, bool *ret_is_known);

/* Says that the events from `first` on, but before `next`, cannot be told; GK_EXIT_FAILED. */
int event_place_say_gap(uint64_t first, uint64_t next);

#endif

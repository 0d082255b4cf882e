/* Events are read in order of seq, and dropped once they are old and released. */
#ifndef GHOSTKEYD_BROKER_EVENTS_H
#define GHOSTKEYD_BROKER_EVENTS_H

#include "model/event.h"

struct broker;

/*
 * Calls on_event for at most limit events with a seq above after, in order. Only the newest
 * GK_EVENTS_KEPT events are read.
 */
int broker_events(struct broker *broker, uint64_t after, size_t limit,
        void (*on_event)(void *userdata, const struct event *event), void *userdata);

/* The same with all older events that were not released, so that a log misses none. */
int broker_held_events(struct broker *broker, uint64_t after, size_t limit,
        void (*on_event)(void *userdata, const struct event *event), void *userdata);

/*
 * Releases the events up to and including a seq (UINT64_MAX: all, and all later ones): those that
 * are not among the newest GK_EVENTS_KEPT are dropped. Called between two turns.
 */
void broker_release_events(struct broker *broker, uint64_t up_to);

/* How often broker_reset() forgot all events: a reader of events that sees another number begins
 * anew, behind 0. */
uint64_t broker_resets(const struct broker *broker);

#endif

/*
 * The live event stream (contract, section 3, GET /v1/events; the WHATWG's server-sent events).
 *
 * Nothing is queued for a reader: it has a place in the event log, and one piece of it on its way.
 * When that has gone out it gets the next, from the store. So a slow reader costs what one piece
 * costs, and holds up nobody.
 *
 * A reader is behind by the bytes of events that came since it began and that it has not taken.
 * Where that is more than GK_STREAM_BEHIND_MAX_BYTES, it is closed if it takes nothing for
 * GK_STREAM_STALL_MS, or while as much again comes. One that reads is therefore not closed by any
 * number of events that come at once. What happened before it began does not count.
 *
 * A reader whose next events are no longer kept is told so in a comment, and closed.
 */
#ifndef GHOSTKEYD_HTTP_FEED_H
#define GHOSTKEYD_HTTP_FEED_H

#include "http/delivery.h"
#include "http/metrics.h"

struct feed {
    h2o_context_t *context;
    struct broker *broker;
    struct metrics *metrics;
    h2o_linklist_t readers; /* links struct reader */
    uint64_t seq;           /* published up to here */
    uint64_t bytes;         /* published since the start, for telling who is behind */
    h2o_timeout_t stall_time;
    h2o_timeout_entry_t stall; /* linked while a reader is too far behind */
    h2o_timeout_t heartbeat_time;
    h2o_timeout_entry_t heartbeat; /* linked while there are readers */
};

void feed_init(
        struct feed *feed, h2o_context_t *context, struct broker *broker, struct metrics *metrics);
void feed_deinit(struct feed *feed);

/* Answers with the stream, from where the exchange's answer says; the head goes out at once. */
void feed_begin(struct feed *feed, struct delivery *delivery);

/* Sends on what has happened since the last time. */
void feed_publish(struct feed *feed);

/* Ends all streams: at once if the reader takes nothing. */
void feed_close(struct feed *feed);

#endif

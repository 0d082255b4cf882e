/*
 * The live event streams (contract, section 3; the WHATWG's server-sent events).
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
#ifndef GHOSTKEYD_HTTP_STREAM_H
#define GHOSTKEYD_HTTP_STREAM_H

#include "http/call.h"
#include "http/event_form.h"
#include <h2o.h>

struct streams {
    h2o_context_t *context;
    struct broker *broker;
    const struct event_form *form;
    struct metrics *metrics;
    h2o_linklist_t readers; /* links struct reader */
    uint64_t seq;           /* events up to here were sent on */
    uint64_t bytes;         /* of their text since the start, for telling who is behind */
    h2o_timeout_t stall_time;
    h2o_timeout_entry_t stall; /* linked while a reader is too far behind */
    h2o_timeout_t heartbeat_time;
    h2o_timeout_entry_t heartbeat; /* linked while there are readers */
};

/* All that is handed over stays the caller's and outlives the streams. */
void streams_init(struct streams *streams, h2o_context_t *context, struct broker *broker,
        const struct event_form *form, struct metrics *metrics);
void streams_deinit(struct streams *streams);

/* Answers with a stream, from where the answer says; the head goes out at once. */
void stream_begin(struct streams *streams, struct call *call);

/* Sends on what has happened since the last time. */
void streams_publish(struct streams *streams);

/* Ends all streams: at once if the reader takes nothing. */
void streams_close(struct streams *streams);

#endif

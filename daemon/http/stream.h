/*
 * The live event streams (contract, section 3; the WHATWG's server-sent events).
 *
 * Events are not queued for a reader. One piece of the event log is sent to it; when that has gone
 * out, the next piece is read from the store. So a slow reader takes the memory of one piece, and
 * delays nobody.
 *
 * A reader is behind by the bytes of the events that came since it began and that it has not taken.
 * If these are more than GK_STREAM_BEHIND_MAX_BYTES, it is closed once it takes nothing for
 * GK_STREAM_STALL_MS, or while as many bytes come again. A reader that reads is therefore never
 * closed for being behind.
 *
 * If the next event of a reader is no longer kept, a comment says so and the stream ends.
 */
#ifndef GHOSTKEYD_HTTP_STREAM_H
#define GHOSTKEYD_HTTP_STREAM_H

#include <h2o.h>

#include "http/call.h"
#include "http/event_form.h"

struct streams {
    h2o_context_t *context;
    struct broker *broker;
    const struct event_form *form;
    struct metrics *metrics;
    TAILQ_HEAD(readers, reader) readers;
    uint64_t seq;    /* the last event that was published */
    uint64_t resets; /* of the state, as of the last publication */
    uint64_t bytes;  /* length of the published events while there were readers */
    bool has_timers; /* stall_time and heartbeat_time are set up: there was a reader */
    h2o_timeout_t stall_time;
    h2o_timeout_entry_t stall; /* linked while a reader is too far behind */
    h2o_timeout_t heartbeat_time;
    h2o_timeout_entry_t heartbeat; /* linked while there are readers */
};

/* All arguments stay the caller's and outlive the streams. */
void streams_init(struct streams *streams, h2o_context_t *context, struct broker *broker,
        const struct event_form *form, struct metrics *metrics);
void streams_deinit(struct streams *streams);

/* Answers with the events past answer.stream_after; the head is sent at once. */
void stream_begin(struct streams *streams, struct call *call);

/* Sends the events since the last call. */
void streams_publish(struct streams *streams);

/* Ends all streams: in order, or at once if a piece has not been taken yet. */
void streams_close(struct streams *streams);

#endif

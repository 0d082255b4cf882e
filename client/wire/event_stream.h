/*
 * The daemon's events as they happen. A stream that breaks, as by a restart of the daemon, is
 * opened again after a pause that grows while nobody answers.
 */
#ifndef GHOSTCTL_EVENT_STREAM_H
#define GHOSTCTL_EVENT_STREAM_H

#include "common/buffer.h"
#include "wire/target.h"

struct event_stream;

enum event_stream_news {
    EVENT_STREAM_NOTHING, /* the time may be over, or `wake_fd` readable */
    EVENT_STREAM_EVENT,
    EVENT_STREAM_REOPENED, /* the stream broke and is open again; events in between may be lost */
};

/*
 * For each event after number `after` (digits; NULL: from now on). A stream that breaks continues
 * behind the last event that event_stream_wait() returned; if it cannot, because events are no
 * longer kept or the daemon lost its state, event_stream_wait() returns GK_EXIT_FAILED after a
 * message. `target` must outlive the stream. An exit status, after a message: GK_EXIT_UNREACHABLE
 * if the daemon does not answer now.
 */
int event_stream_open(
        const struct target *target, const char *after, struct event_stream **ret_stream);

/*
 * For a caller that reads the secrets again whenever an event happens. After a break it gets
 * EVENT_STREAM_REOPENED and the events from then on; lost events are no failure.
 */
int event_stream_open_changes(const struct target *target, struct event_stream **ret_stream);
struct event_stream *event_stream_close(struct event_stream *stream);

static inline void event_stream_closep(struct event_stream **stream) {
    *stream = event_stream_close(*stream);
}
#define EVENT_STREAM_AUTO GK_CLEANUP(event_stream_closep)

/*
 * Waits for the next event at most `timeout_ms`, and returns at once while `wake_fd` (-1: none; the
 * same in each call) is readable. The JSON of the event replaces what `ret_event` holds. An exit
 * status, after a message, if the daemon refuses the stream. That the daemon does not answer, or
 * answers again, is printed as a warning.
 */
int event_stream_wait(struct event_stream *stream, int wake_fd, int timeout_ms,
        enum event_stream_news *ret_news, struct buffer *ret_event);

#endif

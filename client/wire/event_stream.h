/*
 * The daemon's events as they come, over restarts of the daemon: a stream that breaks is opened
 * again after a pause that grows while nobody answers.
 */
#ifndef GHOSTCTL_EVENT_STREAM_H
#define GHOSTCTL_EVENT_STREAM_H

#include "common/buffer.h"
#include "wire/target.h"

struct event_stream;

enum event_stream_news {
    EVENT_STREAM_NOTHING, /* the time is over, or `wake_fd` can be read, or neither yet */
    EVENT_STREAM_EVENT,
    EVENT_STREAM_BACK, /* open again after a break: what happened meanwhile may be forgotten */
};

/*
 * Each event after number `after` (digits; NULL: from now on), once event_stream_wait() is called.
 * A stream that breaks goes on behind the last event that was told; if it cannot, because events
 * are no longer kept or the daemon has forgotten its state, that is said and is GK_EXIT_FAILED.
 * `target` stays the caller's and must outlive the stream. An exit status, said:
 * GK_EXIT_UNREACHABLE if nobody answers now.
 */
int event_stream_open(
        const struct target *target, const char *after, struct event_stream **ret_stream);

/*
 * The same from now on, for who looks at the secrets themselves whenever something happens: after a
 * break there is EVENT_STREAM_BACK, and then what happens from there on.
 */
int event_stream_open_changes(const struct target *target, struct event_stream **ret_stream);
struct event_stream *event_stream_close(struct event_stream *stream);

static inline void event_stream_closep(struct event_stream **stream) {
    *stream = event_stream_close(*stream);
}
#define EVENT_STREAM_AUTO GK_CLEANUP(event_stream_closep)

/*
 * What comes next, waiting at most `timeout_ms` and not while `wake_fd` (-1: none; the same in each
 * call) can be read. The JSON of an event is put in place of what `ret_event` holds. An exit
 * status, said, if the daemon refuses the stream; that it is away, and back, is said by the way.
 */
int event_stream_wait(struct event_stream *stream, int wake_fd, int timeout_ms,
        enum event_stream_news *ret_news, struct buffer *ret_event);

#endif

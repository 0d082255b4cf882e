/*
 * When the secrets have changed: the events of the daemon, calmed. Many changes in a row are told
 * once, when it has been quiet for a moment, or at the latest after a second. A break of the stream
 * counts as a change, since what happened meanwhile may never be told: so events that are no longer
 * kept, and a daemon that comes back with another state, are changes as well.
 */
#ifndef GHOSTCTL_ENV_WATCH_H
#define GHOSTCTL_ENV_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/event_stream.h"

struct env_watch {
    struct event_stream *stream;
    const char *prefix;
    struct buffer event;
    int64_t first_ms; /* of the changes not told yet; 0: none */
    int64_t last_ms;
};

/*
 * From now on: open it before the secrets are read for the first time. `target` and `prefix` (NULL:
 * all names) stay the caller's. An exit status, said.
 */
int env_watch_open(struct env_watch *watch, const struct target *target, const char *prefix);
void env_watch_deinit(struct env_watch *watch);

/*
 * Waits, at most `timeout_ms` (-1: for ever) and not while `wake_fd` can be read. *ret_changed:
 * there is a change to be told. An exit status, said.
 */
int env_watch_wait(struct env_watch *watch, int wake_fd, int timeout_ms, bool *ret_changed);

#endif

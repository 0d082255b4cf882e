/*
 * Waits until the secrets change. Several changes in a row are reported once: after 100 ms without
 * an event, or a second after the first. A break of the event stream counts as a change, because
 * events may have been lost. So a daemon that comes back with another state counts as one, too.
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
    int64_t first_ms; /* of the first change that was not reported yet; 0: none */
    int64_t last_ms;  /* of the last one */
};

/*
 * Watches from now on: open it before the secrets are read for the first time. `target` and
 * `prefix` (NULL: all names) must outlive it. An exit status, after a message.
 */
int env_watch_open(struct env_watch *watch, const struct target *target, const char *prefix);
void env_watch_deinit(struct env_watch *watch);

/*
 * Waits at most `timeout_ms` (-1: without a limit), and returns at once while `wake_fd` is
 * readable. *ret_changed: the secrets have changed. An exit status, after a message.
 */
int env_watch_wait(struct env_watch *watch, int wake_fd, int timeout_ms, bool *ret_changed);

#endif

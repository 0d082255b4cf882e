/*
 * The requests that the daemon answers, as they come: it is asked for them again and again. If it
 * is away, as during a restart, it is waited for.
 */
#ifndef GHOSTCTL_REQUEST_FEED_H
#define GHOSTCTL_REQUEST_FEED_H

#include "wire/broker_client.h"

struct http_client;

struct request_feed {
    const struct target *target;
    struct http_client *http; /* NULL: there is no connection */
    uint64_t seq;             /* of the last request that was taken */
    bool is_begun;            /* those before the beginning were passed over */
    bool is_burst;            /* many came since the last call */
    int pauses;               /* since the daemon has answered */
};

/* From now on. `target` must outlive the feed. An exit status, after a message. */
int request_feed_open(struct request_feed *feed, const struct target *target);
void request_feed_close(struct request_feed *feed);
#define REQUEST_FEED_AUTO GK_CLEANUP(request_feed_close)

/*
 * Waits a moment, or until `wake_fd` is readable, and takes the requests that came since the last
 * call: a JSON array that the caller owns; it may be empty. That some are missing, or that the
 * daemon is away or back, is printed. An exit status, after a message, if the daemon refuses.
 */
int request_feed_take(struct request_feed *feed, int wake_fd, json_t **ret_requests);

#endif

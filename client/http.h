/*
 * HTTP/1.1 to one daemon: one exchange at a time, over one connection that is kept. This is the
 * only file of ghostctl that knows h2o.
 */
#ifndef GHOSTCTL_HTTP_H
#define GHOSTCTL_HTTP_H

#include <stddef.h>

#include "buffer.h"
#include "target.h"

/*
 * The largest answer taken: a page of GK_PAGE_MAX values of GK_VALUE_MAX_BYTES_DEFAULT bytes, each
 * byte escaped to six.
 */
#define HTTP_ANSWER_MAX_BYTES ((size_t)512 * 1024 * 1024)

struct http_client;

struct http_request {
    const char *method;
    const char *path;  /* with the query, percent-encoded */
    const char *media; /* of the body */
    const char *body;  /* NULL: none */
    size_t body_length;
    const char *if_match;      /* a whole header value, or NULL */
    const char *if_none_match; /* the same */
    const char *accept;        /* the same */
    const char *last_event_id; /* the same */
};

/* Connects, waiting while the daemon's queue is full. Negative errno if it cannot be reached. */
int http_client_new(const struct target *target, struct http_client **ret_client);
struct http_client *http_client_free(struct http_client *client);

static inline void http_client_freep(struct http_client **client) {
    *client = http_client_free(*client);
}

/*
 * Sends the request and takes the whole answer; the body is appended to `ret_body`. -EIO if the
 * exchange broke, -EFBIG if the answer is too large; http_client_fault() says more. Whether the
 * daemon did what a broken exchange asked for is not known.
 */
int http_exchange(struct http_client *client, const struct http_request *request, int *ret_status,
        struct buffer *ret_body);

/*
 * The same in two steps, so that the daemon works while we do: http_begin() sends the request, and
 * `body` and what the request points at stay until http_finish() has taken the answer into it. An
 * answer without an end, as an event stream, is never finished but waited for, and the client then
 * freed; the caller may empty `body` as it reads.
 */
void http_begin(
        struct http_client *client, const struct http_request *request, struct buffer *body);
int http_finish(struct http_client *client, int *ret_status);

/* What broke the last exchange or stream, in words. */
const char *http_client_fault(const struct http_client *client);

/*
 * Waits for more of an answer without an end, at most `timeout_ms`, and not while `wake_fd` (-1:
 * none; the same in each call) can be read. 0 whether something came or not; -EIO once the stream
 * has ended or broken.
 */
int http_stream_wait(struct http_client *client, int wake_fd, int timeout_ms);

/* The status of the stream's answer; 0 as long as there is none. */
int http_stream_status(const struct http_client *client);

#endif

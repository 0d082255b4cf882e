/*
 * HTTP/1.1 to one daemon over one connection that is kept. Several requests may be sent before the
 * first is answered.
 *
 * It is written here, and not taken from the daemon's libh2o: loading that library, with libssl and
 * libcrypto, takes more time than all else that `ghostctl get` does, and its client cannot send a
 * second request before the first is answered.
 */
#ifndef GHOSTCTL_HTTP_H
#define GHOSTCTL_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "wire/http_request.h"
#include "wire/target.h"
#include "wire/timeout.h"

struct http_client;

/*
 * Connects; waits while the daemon's queue of connections is full. Over TCP it also waits for the
 * daemon to make the file with the token, if it is missing. Negative errno if the daemon cannot be
 * reached; -ENOKEY, after a message, if there is no token or it could not be asked for.
 */
int http_client_new(const struct target *target, struct http_client **ret_client);
struct http_client *http_client_free(struct http_client *client);

static inline void http_client_freep(struct http_client **client) {
    *client = http_client_free(*client);
}

/*
 * Sends the request and takes the whole answer; the body is appended to `ret_body`. -EIO if the
 * exchange broke or took too long (timeout.h), -EINTR if it was interrupted half a second after the
 * request (signals.h), -EFBIG if the answer is too large; http_client_fault() says more. Whether
 * the daemon did what a broken exchange asked for is not known.
 */
int http_exchange(struct http_client *client, const struct http_request *request, int *ret_status,
        struct buffer *ret_body);

/*
 * The same in two steps, so that the daemon works meanwhile: http_begin() sends the request as far
 * as is possible without waiting, and http_finish() takes the answer to the oldest request that has
 * none yet. Once one has failed, the answers to the requests behind it are lost, too.
 */
void http_begin(struct http_client *client, const struct http_request *request);
int http_finish(struct http_client *client, int *ret_status, struct buffer *ret_body);

/*
 * Until it is called with NULL: take() gets the body of an answer 200 piece by piece, in place of
 * ret_body. If it returns false, the exchange breaks.
 */
void http_take_pieces(struct http_client *client, bool (*take)(void *userdata, struct span piece),
        void *userdata);

/* Replaces timeout_default; the limits must outlive the client. */
void http_client_set_limits(struct http_client *client, const struct timeout_limits *limits);

/* What broke the last exchange or stream, in words. */
const char *http_client_fault(const struct http_client *client);

/*
 * For an answer without an end, such as an event stream, which is begun but never finished: waits
 * for more bytes, at most `timeout_ms` (-1: without a limit, once the answer has begun with 200),
 * and returns at once while `wake_fd` (-1: none) is readable. The bytes are appended to `body`. 0,
 * whether or not bytes came; -EIO once the stream has ended or broken.
 */
int http_stream_wait(struct http_client *client, int wake_fd, int timeout_ms, struct buffer *body);

/* The status of the stream's answer; 0 as long as there is none. */
int http_stream_status(const struct http_client *client);

#endif

/*
 * The bytes of one HTTP/1.1 answer (RFC 9112) to a request other than HEAD, read as they come. It
 * does no input or output itself: http.c gives it the bytes.
 */
#ifndef GHOSTCTL_HTTP_ANSWER_H
#define GHOSTCTL_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/buffer.h"

/*
 * The largest body that is accepted: one value of GK_VALUE_MAX_BYTES_CEILING bytes, each escaped to
 * six, and its metadata. A page of several secrets has at most 8 MiB.
 */
#define HTTP_BODY_MAX_BYTES ((size_t)512 * 1024 * 1024)

enum http_answer_state {
    HTTP_ANSWER_HEAD = 0,
    HTTP_ANSWER_COUNTED, /* as many bytes as Content-Length said */
    HTTP_ANSWER_CHUNK_SIZE,
    HTTP_ANSWER_CHUNK,
    HTTP_ANSWER_CHUNK_END,
    HTTP_ANSWER_TRAILER,
    HTTP_ANSWER_UNTIL_CLOSE,
    HTTP_ANSWER_DONE,
};

/* Begins as {0}. */
struct http_answer {
    enum http_answer_state state;
    int status;           /* 0 until the head is whole */
    bool closes;          /* nothing comes after it on this connection */
    size_t left;          /* of a counted body, or of a chunk */
    size_t framing_bytes; /* heads, also interim ones, the lines between chunks, trailers */
    size_t body_bytes;
};

/*
 * Takes from the start of `bytes` what belongs to the answer and appends its body to `body`.
 * Returns how many bytes were taken: give the rest again, with more behind it, until the state is
 * DONE. -EPROTO if it is no HTTP, -EFBIG if the body is too large, -EMSGSIZE if all the rest is.
 */
ssize_t http_answer_take(
        struct http_answer *answer, const char *bytes, size_t len, struct buffer *body);

/* The connection ended: 0 if the answer is whole with that, and then it is DONE; else -EPROTO. */
int http_answer_end(struct http_answer *answer);

#endif

/* The answer to one request. */
#ifndef GHOSTKEYD_HTTP_ANSWER_H
#define GHOSTKEYD_HTTP_ANSWER_H

#include "common/buffer.h"

#define ALLOW_MAX_BYTES 48
#define ANSWER_HEADERS_MAX 8

struct call;
struct st_h2o_req_t;

/* A header of an API's own. The texts are valid until the answer is sent (call_keep()). */
struct answer_header {
    const char *name; /* in lower case */
    struct span value;
};

struct answer {
    int status;
    const char *media;           /* of the body; NULL: no body */
    struct buffer body;          /* wiped */
    uint64_t etag;               /* the entity tag, a number in quotes; 0: none */
    const char *cache;           /* Cache-Control; NULL: none */
    const char *challenge;       /* WWW-Authenticate; NULL: none */
    char allow[ALLOW_MAX_BYTES]; /* the header Allow; empty: none */
    struct answer_header headers[ANSWER_HEADERS_MAX];
    size_t header_count;
    /*
     * Of a long body: appends the next piece to body, which holds none, and sets more to NULL if it
     * is the last one. A turn has begun, and nothing in it is undecided. NULL: the body is whole.
     */
    int (*more)(struct call *call);
    struct span more_after; /* the API's: where the next piece begins (call_keep()) */
    const char *fault;      /* the header GhostKey-Fault; NULL: none */
    bool is_stream;         /* instead of a body: the events after stream_after, without end */
    uint64_t stream_after;
};

/* Empties the answer and erases its body. */
void answer_clear(struct answer *answer);

/* Adds a header of an API's own, at most ANSWER_HEADERS_MAX. */
void answer_add_header(struct answer *answer, const char *name, struct span value);

/* What stands behind the status: "Not Found". */
const char *answer_reason(int status);

/* Whether its status allows a body. */
bool answer_may_have_body(const struct answer *answer);

/* Gives h2o the status and the headers. The answer must outlive the request. */
void answer_write_head(const struct answer *answer, struct st_h2o_req_t *req);

#endif

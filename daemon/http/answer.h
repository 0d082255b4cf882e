/* The answer to one request. */
#ifndef GHOSTKEYD_HTTP_ANSWER_H
#define GHOSTKEYD_HTTP_ANSWER_H

#include "common/buffer.h"

#define ALLOW_MAX_BYTES 48

struct st_h2o_req_t;

struct answer {
    int status;
    const char *media;           /* of the body; NULL: no body */
    struct buffer body;          /* wiped */
    uint64_t etag;               /* the entity tag, a number in quotes; 0: none */
    const char *challenge;       /* WWW-Authenticate; NULL: none */
    char allow[ALLOW_MAX_BYTES]; /* the header Allow; empty: none */
    bool is_stream;              /* instead of a body: the events after stream_after, without end */
    uint64_t stream_after;
};

/* Empties the answer and erases its body. */
void answer_clear(struct answer *answer);

/* Gives h2o the status and the headers. The answer must outlive the request. */
void answer_write_head(const struct answer *answer, struct st_h2o_req_t *req);

#endif

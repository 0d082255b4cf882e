/*
 * One request as HTTP reads it: its head split into parts, its body as sent. The spans are valid
 * until the answer is sent.
 */
#ifndef GHOSTKEYD_HTTP_REQUEST_H
#define GHOSTKEYD_HTTP_REQUEST_H

#include "common/span.h"

#define REQUEST_HEADERS_MAX 100 /* h2o refuses more */

struct st_h2o_mem_pool_t;
struct st_h2o_req_t;

struct header {
    struct span name; /* in any case */
    struct span value;
};

struct request {
    struct span method;
    struct span path;        /* as sent, without the query */
    struct span query;       /* the text after '?'; data NULL: there is no '?' */
    struct span host;        /* of the header Host; data NULL: none */
    struct span target_host; /* of a target in absolute form, else data NULL */
    struct span body;
    const struct header *headers; /* Host is not among them */
    size_t header_count;
    struct st_h2o_mem_pool_t *pool; /* for request_list() */
};

/* Takes over what h2o has read. *ret_request must be zeros. */
void request_take(struct request *ret_request, struct st_h2o_req_t *req);

/* Splits a target: `/path?query`, or the absolute form `http://host/path?query`. */
void request_set_target(struct request *request, struct span target);

/* The value of the last header of that name; data NULL: there is none. */
struct span request_header(const struct request *request, const char *name);
size_t request_header_count(const struct request *request, const char *name);

/*
 * The value of a header that is a list. Several headers of that name are one list (RFC 9110,
 * section 5.3).
 */
struct span request_list(const struct request *request, const char *name);

/* The token of `Authorization: Bearer TOKEN`; data NULL: none. Two such headers count as none. */
struct span request_bearer(const struct request *request);

#endif

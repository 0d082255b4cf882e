/* The bytes of one HTTP/1.1 request. */
#ifndef GHOSTCTL_HTTP_REQUEST_H
#define GHOSTCTL_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

struct http_request {
    const char *method;
    const char *path;  /* with the query, percent-encoded */
    const char *media; /* of the body */
    const char *body;  /* NULL: none */
    size_t body_len;
    const char *if_match;      /* a whole header value, or NULL */
    const char *if_none_match; /* the same */
    const char *accept;        /* the same */
    const char *last_event_id; /* the same */
    bool more;                 /* another request follows at once: both may be sent together */
    bool goes_on;              /* it shares the time limits of the request before it (timeout.h) */
    bool takes_long;           /* the daemon may work on it for as long as it needs */
};

/* authorization: the token; NULL: none. */
void http_request_write(const struct http_request *request, const char *host,
        const char *authorization, struct buffer *out);

#endif

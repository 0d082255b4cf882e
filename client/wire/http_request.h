/* One HTTP/1.1 request, and its bytes. */
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
    bool more;       /* another request follows at once: this one may wait to be sent with it */
    bool goes_on;    /* with the request before it, whose time it shares (patience.h) */
    bool takes_long; /* the daemon may work on it for as long as it needs */
};

/* `authorization`: the token; NULL: none. */
void http_request_write(const struct http_request *request, const char *host,
        const char *authorization, struct buffer *out);

#endif

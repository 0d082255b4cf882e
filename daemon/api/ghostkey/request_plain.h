/*
 * A short way to the tree of a body as programs write it: objects of texts without escapes, whole
 * numbers, true, false and null. What else there is, and all that is wrong, is the JSON library's,
 * which decides and says what: it takes each byte through three calls, a third of a whole PUT.
 */
#ifndef GHOSTKEYD_HTTP_REQUEST_PLAIN_H
#define GHOSTKEYD_HTTP_REQUEST_PLAIN_H

#include "common/span.h"
#include <jansson.h>

/* What the library makes of body, or NULL: ask the library. Owned by the caller. */
json_t *request_plain_load(struct span body);

#endif

/*
 * Checks the bytes of a request's head where h2o is too lenient: the size (contract, section 7),
 * the version, and what two programs could read differently (RFC 9112, section 6.3): more than one
 * body length, two hosts, a folded header.
 */
#ifndef GHOSTKEYD_HTTP_HEAD_H
#define GHOSTKEYD_HTTP_HEAD_H

#include "http/request.h"
#include "model/problem.h"

/*
 * bytes begin with the request line, or with one empty line before it (RFC 9112, section 2.2).
 * What follows the head is not looked at. 0 or GK_E_BAD_REQUEST
 */
int head_check(struct span bytes, struct problem *problem);

/* The length of the head with the empty line that ends it; 0: the end is missing. */
size_t head_length(struct span bytes);

/* Parses a whole head; the request points into both. False: it has more headers than h2o takes. */
bool head_parse(
        struct span head, struct header headers[REQUEST_HEADERS_MAX], struct request *ret_request);

/* Changes the names of the headers that announce a body, in place. */
void head_hide_body(char *head, size_t len);

/* Whether the head is one of api.large_body. */
bool head_takes_large_body(struct span head);

#endif

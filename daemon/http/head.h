/*
 * The head of a request as it came, looked at where the HTTP library is lenient: its size
 * (contract, section 7), and what could make two readers see two requests in one (RFC 9112,
 * section 6.3): several lengths, or a length and chunks; or two hosts; or a folded header; or
 * another version than HTTP/1.0 and 1.1.
 */
#ifndef GHOSTKEYD_HTTP_HEAD_H
#define GHOSTKEYD_HTTP_HEAD_H

#include "common/span.h"
#include "http/access.h"
#include "model/problem.h"

/*
 * bytes begin with the request line, or with an empty line before it (RFC 9112, section 2.2); what
 * stands behind the head's end is not looked at. 0, or GK_E_BAD_REQUEST
 */
int head_check(struct span bytes, struct problem *problem);

/* How long the head is, with the empty line that ends it; 0: it is not whole. */
size_t head_length(struct span bytes);

/* A header's value without the blanks behind it. */
size_t head_value_length(struct span value);

/* What a whole head says of who sends it. The host of its target is left out. */
struct access_claim head_claim(struct span head);

/* Renames, in place, the headers that announce a body. */
void head_hide_body(char *head, size_t len);

#endif

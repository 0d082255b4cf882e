/*
 * The head of a request as it came, looked at where the HTTP library is lenient: its size
 * (contract, section 7), and what could make two readers see two requests in one (RFC 9112,
 * section 6.3): several lengths, or a length and chunks; or two hosts; or a folded header; or
 * another version than HTTP/1.0 and 1.1.
 */
#ifndef GHOSTKEYD_HTTP_HEAD_H
#define GHOSTKEYD_HTTP_HEAD_H

#include "http/request.h"
#include "model/problem.h"

/*
 * bytes begin with the request line, or with an empty line before it (RFC 9112, section 2.2); what
 * stands behind the head's end is not looked at. 0, or GK_E_BAD_REQUEST
 */
int head_check(struct span bytes, struct problem *problem);

/* How long the head is, with the empty line that ends it; 0: it is not whole. */
size_t head_length(struct span bytes);

/*
 * Takes a whole head apart, without its body; the request points into headers. false: it has more
 * headers than h2o takes.
 */
bool head_parse(
        struct span head, struct header headers[REQUEST_HEADERS_MAX], struct request *ret_request);

/* Renames, in place, the headers that announce a body. */
void head_hide_body(char *head, size_t len);

#endif

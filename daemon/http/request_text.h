/*
 * Bytes of a request as text: percent-decoded, and shown in a sentence for a person.
 */
#ifndef GHOSTKEYD_HTTP_REQUEST_TEXT_H
#define GHOSTKEYD_HTTP_REQUEST_TEXT_H

#include "common/span.h"

#define SHOWN_MAX_BYTES 64

/* A part of a request, to be shown in a message: shortened, without control characters. */
struct shown {
    char text[SHOWN_MAX_BYTES + sizeof("...")];
};

/* What is not printable ASCII becomes '?': for the head of a request. */
struct shown shown_ascii(struct span bytes);

/* UTF-8 stays, control characters become '?': for the names of members. */
struct shown shown_utf8(struct span text);

/*
 * Decodes %XX into place. 0; -1 if a '%' is not followed by two hexadecimal digits; 1 if the
 * result does not fit. '+' is a plus.
 */
int percent_decode(struct span text, char *place, size_t place_bytes, size_t *ret_len);

/* A decimal number, digits only. -1: it is not one, or it is too large. */
int decimal_parse(struct span text, unsigned long long *ret_number);

#endif

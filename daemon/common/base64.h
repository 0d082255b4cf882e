/*
 * Base64 (RFC 4648, section 4): padded, and with no bits left over, so that the same bytes have one
 * text only. libcrypto's decoder accepts other texts as well, and loading it would double the
 * millisecond that ghostctl runs.
 */
#ifndef GHOSTKEY_BASE64_H
#define GHOSTKEY_BASE64_H

#include "common/buffer.h"

void base64_encode(struct span bytes, struct buffer *buffer);

/* Appends the bytes that text stands for. -EINVAL: it is no base64, and nothing is appended. */
int base64_decode(struct span text, struct buffer *buffer);

/* How many bytes text stands for; for invalid base64 an estimate. */
size_t base64_decoded_bytes(struct span text);

#endif

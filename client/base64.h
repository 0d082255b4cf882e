/*
 * Base64 (RFC 4648, section 4, padded) of binary values.
 *
 * libcrypto has it too, but it is not called for it: ghostctl's whole life is a millisecond, and
 * waking libcrypto up would double it.
 */
#ifndef GHOSTCTL_BASE64_H
#define GHOSTCTL_BASE64_H

#include <stddef.h>

#include "common/buffer.h"

void base64_encode(const void *bytes, size_t length, struct buffer *buffer);

/* Appends what the text stands for; -EINVAL, and nothing appended, if it is not base64. */
int base64_decode(const char *text, size_t length, struct buffer *buffer);

#endif

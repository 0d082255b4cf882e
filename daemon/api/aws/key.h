/*
 * The access key id that opens the AWS API alone: the first 20 bytes of HMAC-SHA256 (key: the token
 * of the token file; text: `ghostkey aws key`) in base32. Key ids end up in logs and in signed
 * addresses, so they should not open more than they have to.
 */
#ifndef GHOSTKEYD_API_AWS_KEY_H
#define GHOSTKEYD_API_AWS_KEY_H

#include "common/span.h"

#define KEY_CHARS 32

/* Writes the access key id that a token makes. -EIO: libcrypto failed. */
int key_of_token(struct span token, char place[KEY_CHARS]);

#endif

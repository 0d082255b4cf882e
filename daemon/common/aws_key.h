/*
 * The access key id that opens the AWS API alone: the first 20 bytes of HMAC-SHA256 (key: the token
 * of the token file; text: `ghostkey aws key`) in base32. Key ids end up in logs and in signed
 * addresses, so they should not open more than they have to.
 */
#ifndef GHOSTKEY_AWS_KEY_H
#define GHOSTKEY_AWS_KEY_H

#include "common/span.h"

#define AWS_KEY_CHARS 32

/* Writes the access key id that a token makes, without a NUL. */
void aws_key_of_token(struct span token, char place[AWS_KEY_CHARS]);

#endif

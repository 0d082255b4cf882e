/*
 * SHA-256 (FIPS 180-4) and HMAC (RFC 2104) with it. They are written here since ghostctl does not
 * load libcrypto, which would double the time that it runs; the daemon uses libcrypto for all else.
 */
#ifndef GHOSTKEY_SHA256_H
#define GHOSTKEY_SHA256_H

#include "common/span.h"

#define SHA256_BYTES 32

void sha256(struct span text, unsigned char ret_digest[SHA256_BYTES]);
void sha256_hmac(struct span key, struct span text, unsigned char ret_digest[SHA256_BYTES]);

#endif

#include "common/aws_key.h"

#include <stdint.h>

#include "common/sha256.h"

#define KEY_TEXT "ghostkey aws key"
#define BASE32 "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define GROUP_BYTES 5 /* make 8 characters */
#define GROUP_CHARS 8

void aws_key_of_token(struct span token, char place[AWS_KEY_CHARS]) {
    unsigned char digest[SHA256_BYTES];

    sha256_hmac(token, SPAN_LITERAL(KEY_TEXT), digest);
    for (size_t group = 0; group < AWS_KEY_CHARS / GROUP_CHARS; group++) {
        uint64_t bits = 0;

        for (size_t at = 0; at < GROUP_BYTES; at++) {
            bits = bits << 8 | digest[group * GROUP_BYTES + at];
        }
        for (size_t at = 0; at < GROUP_CHARS; at++) {
            place[group * GROUP_CHARS + at] = BASE32[bits >> (35 - 5 * at) & 31];
        }
    }
}

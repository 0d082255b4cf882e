#include "api/aws/key.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define KEY_TEXT "ghostkey aws key"
#define BASE32 "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define GROUP_BYTES 5 /* make 8 characters */
#define GROUP_CHARS 8

int key_of_token(struct span token, char place[KEY_CHARS]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (HMAC(EVP_sha256(), token.data, (int)token.len, (const unsigned char *)KEY_TEXT,
                strlen(KEY_TEXT), digest, &len) == NULL) {
        return -EIO;
    }
    for (size_t group = 0; group < KEY_CHARS / GROUP_CHARS; group++) {
        uint64_t bits = 0;

        for (size_t at = 0; at < GROUP_BYTES; at++) {
            bits = bits << 8 | digest[group * GROUP_BYTES + at];
        }
        for (size_t at = 0; at < GROUP_CHARS; at++) {
            place[group * GROUP_CHARS + at] = BASE32[bits >> (35 - 5 * at) & 31];
        }
    }
    return 0;
}

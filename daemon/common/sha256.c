#include "common/sha256.h"

#include <stdint.h>

#define BLOCK_BYTES 64
#define LENGTH_BYTES 8
#define ROUNDS 64
#define WORDS 8

struct sha256 {
    uint32_t words[WORDS];
    unsigned char block[BLOCK_BYTES];
    size_t used; /* of the block */
    uint64_t len;
};

static const uint32_t round_constants[ROUNDS] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
        0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
        0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
        0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
        0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
        0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
        0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3,
        0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t first_words[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static uint32_t rotated(uint32_t word, int bits) {
    return word >> bits | word << (32 - bits);
}

static uint32_t scheduled(const uint32_t *schedule, int at) {
    uint32_t early = schedule[at - 15];
    uint32_t late = schedule[at - 2];

    return schedule[at - 16] + (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3) +
           schedule[at - 7] + (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10);
}

static void mix_block(struct sha256 *state) {
    uint32_t schedule[ROUNDS];
    uint32_t w[WORDS]; /* a to h of the standard */

    for (int at = 0; at < 16; at++) {
        const unsigned char *bytes = state->block + 4 * at;

        schedule[at] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                       (uint32_t)bytes[2] << 8 | bytes[3];
    }
    for (int at = 16; at < ROUNDS; at++) {
        schedule[at] = scheduled(schedule, at);
    }
    memcpy(w, state->words, sizeof(w));
    for (int at = 0; at < ROUNDS; at++) {
        uint32_t one = w[7] + (rotated(w[4], 6) ^ rotated(w[4], 11) ^ rotated(w[4], 25)) +
                       ((w[4] & w[5]) ^ (~w[4] & w[6])) + round_constants[at] + schedule[at];
        uint32_t other = (rotated(w[0], 2) ^ rotated(w[0], 13) ^ rotated(w[0], 22)) +
                         ((w[0] & w[1]) ^ (w[0] & w[2]) ^ (w[1] & w[2]));

        memmove(w + 1, w, (WORDS - 1) * sizeof(w[0]));
        w[4] += one;
        w[0] = one + other;
    }
    for (int at = 0; at < WORDS; at++) {
        state->words[at] += w[at];
    }
    explicit_bzero(schedule, sizeof(schedule)); /* holds what was hashed */
}

static void append(struct sha256 *state, struct span text) {
    for (size_t at = 0; at < text.len; at++) {
        state->block[state->used++] = (unsigned char)text.data[at];
        if (state->used == BLOCK_BYTES) {
            mix_block(state);
            state->used = 0;
        }
    }
    state->len += text.len;
}

static void begin(struct sha256 *state) {
    *state = (struct sha256){.used = 0};
    memcpy(state->words, first_words, sizeof(first_words));
}

static void finish(struct sha256 *state, unsigned char *ret_digest) {
    uint64_t bits = state->len * 8;
    char end[LENGTH_BYTES];

    append(state, SPAN_LITERAL("\x80"));
    while (state->used != BLOCK_BYTES - LENGTH_BYTES) {
        append(state, (struct span){"", 1});
    }
    for (int at = 0; at < LENGTH_BYTES; at++) {
        end[at] = (char)(bits >> (56 - 8 * at));
    }
    append(state, (struct span){end, sizeof(end)});
    for (int at = 0; at < SHA256_BYTES; at++) {
        ret_digest[at] = (unsigned char)(state->words[at / 4] >> (24 - 8 * (at % 4)));
    }
    explicit_bzero(state, sizeof(*state));
}

void sha256(struct span text, unsigned char ret_digest[SHA256_BYTES]) {
    struct sha256 state;

    begin(&state);
    append(&state, text);
    finish(&state, ret_digest);
}

/* The digest of the key, each byte of which is XORed with `mask`, and then of the text. */
static void keyed(
        const unsigned char *key, unsigned char mask, struct span text, unsigned char *ret_digest) {
    char block[BLOCK_BYTES];
    struct sha256 state;

    for (int at = 0; at < BLOCK_BYTES; at++) {
        block[at] = (char)(key[at] ^ mask);
    }
    begin(&state);
    append(&state, (struct span){block, sizeof(block)});
    append(&state, text);
    finish(&state, ret_digest);
    explicit_bzero(block, sizeof(block));
}

void sha256_hmac(struct span key, struct span text, unsigned char ret_digest[SHA256_BYTES]) {
    unsigned char block[BLOCK_BYTES] = {0};
    unsigned char inner[SHA256_BYTES];

    if (key.len > BLOCK_BYTES) {
        sha256(key, block);
    } else if (key.len > 0) {
        memcpy(block, key.data, key.len);
    }
    keyed(block, 0x36, text, inner);
    keyed(block, 0x5c, (struct span){(const char *)inner, sizeof(inner)}, ret_digest);
    explicit_bzero(block, sizeof(block));
}

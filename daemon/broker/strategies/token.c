/*
 * `ghost_`, 30 alphanumerics, and 6 digits of a checksum over all of these: a scanner of leaked
 * secrets can recognise it as a fake without asking a server.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"
#include "model/crc32.h"

#define PREFIX "ghost_"
#define RANDOM_CHARS 30
#define CHECK_DIGITS 6 /* 62^6 is more than 2^32 */

static void append_check(struct span checked, struct buffer *value) {
    uint32_t crc = crc32_update(0, checked.data, checked.len);
    const uint32_t base = sizeof(ALPHABET_ALNUM) - 1;
    char digits[CHECK_DIGITS];

    for (size_t at = CHECK_DIGITS; at-- > 0; crc /= base) {
        digits[at] = ALPHABET_ALNUM[crc % base];
    }
    buffer_append(value, digits, sizeof(digits));
}

static void make_token(const struct making *making, struct buffer *value) {
    size_t start = value->len;

    buffer_append_text(value, PREFIX);
    keystream_characters(making->stream, ALPHABET_ALNUM, RANDOM_CHARS, value);
    if (!value->broken) {
        append_check((struct span){value->data + start, value->len - start}, value);
    }
}

static size_t measure_token(const struct making *making) {
    return sizeof(PREFIX) - 1 + RANDOM_CHARS + CHECK_DIGITS;
}

const struct strategy strategy_token = {
        .name = "token",
        .make = make_token,
        .measure = measure_token,
};

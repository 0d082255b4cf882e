/*
 * A version 4 UUID (RFC 9562), 16 bytes of the stream with the version and variant bits set.
 */
#include "broker/strategies/uuid.h"
#include "broker/strategies/table.h"
#include "broker/strategy.h"

#define UUID_BYTES 16

void uuid_append(struct keystream *stream, struct buffer *value) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[UUID_BYTES];
    char *place = buffer_reserve(value, UUID_CHARS);

    if (place == NULL) {
        return;
    }
    keystream_bytes(stream, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *place++ = '-';
        }
        *place++ = digits[bytes[i] >> 4];
        *place++ = digits[bytes[i] & 0x0f];
    }
    buffer_commit(value, UUID_CHARS);
    explicit_bzero(bytes, sizeof(bytes));
}

static void make_uuid(const struct making *making, struct buffer *value) {
    uuid_append(making->stream, value);
}

static size_t measure_uuid(const struct making *making) {
    return UUID_CHARS;
}

const struct strategy strategy_uuid = {
        .name = "uuid",
        .make = make_uuid,
        .measure = measure_uuid,
};

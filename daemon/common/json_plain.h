/* The bytes of a text that stand in JSON as they are (RFC 8259, section 7). */
#ifndef GHOSTKEY_JSON_PLAIN_H
#define GHOSTKEY_JSON_PLAIN_H

#include <endian.h>

#include "common/span.h"

#define JSON_EACH_BYTE UINT64_C(0x0101010101010101)

static inline bool json_is_plain(char c) {
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Of eight bytes, the first the lowest: the lowest bit set is of the first that is not plain. */
static inline uint64_t json_special_bits(uint64_t bytes) {
    uint64_t quotes = bytes ^ JSON_EACH_BYTE * '"';
    uint64_t backslashes = bytes ^ JSON_EACH_BYTE * '\\';

    return (((bytes - JSON_EACH_BYTE * 0x20) & ~bytes) | ((quotes - JSON_EACH_BYTE) & ~quotes) |
                   ((backslashes - JSON_EACH_BYTE) & ~backslashes)) &
           JSON_EACH_BYTE * 0x80;
}

/* How many bytes from the start are plain. */
static inline size_t json_plain_run(struct span text) {
    size_t at = 0;
    uint64_t bytes;

    for (; text.len - at >= sizeof(bytes); at += sizeof(bytes)) {
        uint64_t special;

        memcpy(&bytes, text.data + at, sizeof(bytes));
        special = json_special_bits(le64toh(bytes));
        if (special != 0) {
            return at + (size_t)__builtin_ctzll(special) / 8;
        }
    }
    while (at < text.len && json_is_plain(text.data[at])) {
        at++;
    }
    return at;
}

#endif

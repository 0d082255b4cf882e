#include "common/utf8.h"

static size_t expected_length(unsigned char first) {
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        return 4;
    }
    return 0;
}

size_t utf8_character(const char *text, size_t len) {
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t need = len == 0 ? 0 : expected_length(bytes[0]);

    if (need == 0 || need > len) {
        return 0;
    }
    /* The range of the second byte excludes overlong forms, surrogates and what is too large. */
    if (bytes[0] == 0xe0) {
        low = 0xa0;
    } else if (bytes[0] == 0xed) {
        high = 0x9f;
    } else if (bytes[0] == 0xf0) {
        low = 0x90;
    } else if (bytes[0] == 0xf4) {
        high = 0x8f;
    }
    for (size_t i = 1; i < need; i++) {
        if (bytes[i] < low || bytes[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return need;
}

/* How many bytes from the start are ASCII, but for the last few. */
static size_t ascii_run(struct span text) {
    size_t at = 0;
    uint64_t bytes;

    for (; text.len - at >= sizeof(bytes); at += sizeof(bytes)) {
        memcpy(&bytes, text.data + at, sizeof(bytes));
        if ((bytes & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    return at;
}

size_t utf8_valid_bytes(struct span text) {
    size_t at = ascii_run(text);

    while (at < text.len) {
        size_t width = (unsigned char)text.data[at] < 0x80
                               ? 1
                               : utf8_character(text.data + at, text.len - at);

        if (width == 0) {
            break;
        }
        at += width;
    }
    return at;
}

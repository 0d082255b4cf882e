#include "base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t length, struct buffer *buffer) {
    const unsigned char *in = bytes;
    char *start = buffer_reserve(buffer, (length + 2) / 3 * 4);
    char *out = start;

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)in[i] << 16;

        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0;
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? alphabet[group & 63] : '=';
    }
    buffer_commit(buffer, (size_t)(out - start));
}

/* The six bits of a digit; -1 if it is none. */
static int digit_value(char digit) {
    const char *found = digit == '\0' ? NULL : strchr(alphabet, digit);

    return found == NULL ? -1 : (int)(found - alphabet);
}

/* One group of four digits, `padding` of them '='. */
static int decode_group(const char *text, size_t padding, char *out) {
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? digit_value(text[i]) : 0;

        if (value < 0) {
            return -EINVAL;
        }
        group = group << 6 | (uint32_t)value;
    }
    /* Bits that belong to no byte must be zero, or two texts would mean the same bytes. */
    if ((group & ((UINT32_C(1) << (8 * padding)) - 1)) != 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < 3 - padding; i++) {
        out[i] = (char)(group >> (16 - 8 * i));
    }
    return 0;
}

int base64_decode(const char *text, size_t length, struct buffer *buffer) {
    size_t padding = 0;
    char *out;

    if (length % 4 != 0) {
        return -EINVAL;
    }
    if (length == 0) {
        return 0;
    }
    padding = text[length - 1] != '=' ? 0 : text[length - 2] != '=' ? 1 : 2;
    out = buffer_reserve(buffer, length / 4 * 3);
    for (size_t i = 0; i < length; i += 4) {
        int rc = decode_group(text + i, i + 4 == length ? padding : 0, out + i / 4 * 3);

        if (rc < 0) {
            return rc;
        }
    }
    buffer_commit(buffer, length / 4 * 3 - padding);
    return 0;
}

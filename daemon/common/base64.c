#include "common/base64.h"

void base64_encode(struct span bytes, struct buffer *buffer) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.data;
    size_t len = (bytes.len + 2) / 3 * 4;
    char *out = buffer_reserve(buffer, len);

    if (out == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)in[i] << 16;

        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    buffer_commit(buffer, len);
}

/* The six bits of a digit; -1 if it is none. */
static int digit_value(char digit) {
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

static size_t padding_of(struct span text) {
    size_t padding = 0;

    while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=') {
        padding++;
    }
    return padding;
}

size_t base64_decoded_bytes(struct span text) {
    size_t bytes = text.len / 4 * 3;
    size_t padding = padding_of(text);

    return bytes > padding ? bytes - padding : 0;
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
    if ((group & ((UINT32_C(1) << (8 * padding)) - 1)) != 0) {
        return -EINVAL; /* a bit beyond the last byte is set */
    }
    for (size_t i = 0; i < 3 - padding; i++) {
        out[i] = (char)(group >> (16 - 8 * i));
    }
    return 0;
}

int base64_decode(struct span text, struct buffer *buffer) {
    size_t padding = padding_of(text);
    char *out;

    if (text.len % 4 != 0) {
        return -EINVAL;
    }
    if (text.len == 0) {
        return 0;
    }
    out = buffer_reserve(buffer, text.len / 4 * 3);
    if (out == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < text.len; i += 4) {
        int error = decode_group(text.data + i, i + 4 == text.len ? padding : 0, out + i / 4 * 3);

        if (error != 0) {
            return error;
        }
    }
    buffer_commit(buffer, text.len / 4 * 3 - padding);
    return 0;
}

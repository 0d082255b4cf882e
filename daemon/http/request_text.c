#include "http/request_text.h"

#include "common/utf8.h"

#define C1_CONTROL_LEAD 0xc2 /* U+0080 to U+009F are this byte and one below C1_CONTROL_END */
#define C1_CONTROL_END 0xa0

static bool is_printable_ascii(char c) {
    return c >= 0x20 && c < 0x7f;
}

/* The length of the first character if it is shown; 0: its first byte becomes '?'. */
static size_t printable_length(struct span text, bool ascii_only) {
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t width;

    if (bytes[0] < 0x80) {
        return is_printable_ascii(text.data[0]) ? 1 : 0;
    }
    width = ascii_only ? 0 : utf8_character(text.data, text.len);
    return width == 2 && bytes[0] == C1_CONTROL_LEAD && bytes[1] < C1_CONTROL_END ? 0 : width;
}

static struct shown show(struct span bytes, bool ascii_only) {
    struct shown shown;
    size_t len = 0;
    size_t at = 0;

    while (at < bytes.len) {
        struct span rest = {bytes.data + at, bytes.len - at};
        size_t width = printable_length(rest, ascii_only);

        if (len + (width > 0 ? width : 1) > SHOWN_MAX_BYTES) {
            memcpy(shown.text + len, "...", 3);
            len += 3;
            break;
        }
        if (width == 0) {
            shown.text[len++] = '?';
            at += 1;
            continue;
        }
        memcpy(shown.text + len, rest.data, width);
        len += width;
        at += width;
    }
    shown.text[len] = '\0';
    return shown;
}

struct shown shown_ascii(struct span bytes) {
    return show(bytes, true);
}

struct shown shown_utf8(struct span text) {
    return show(text, false);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

int percent_decode(struct span text, char *place, size_t place_bytes, size_t *ret_len) {
    bool fits = true;
    size_t len = 0;

    if (text.len == 0) {
        *ret_len = 0;
        return 0;
    }
    if (text.len <= place_bytes && memchr(text.data, '%', text.len) == NULL) {
        memcpy(place, text.data, text.len); /* the usual case */
        *ret_len = text.len;
        return 0;
    }
    for (size_t at = 0; at < text.len; at++) {
        char c = text.data[at];

        if (c == '%') {
            int high = at + 2 < text.len ? hex_digit(text.data[at + 1]) : -1;
            int low = at + 2 < text.len ? hex_digit(text.data[at + 2]) : -1;

            if (high < 0 || low < 0) {
                return -1;
            }
            c = (char)(high << 4 | low);
            at += 2;
        }
        fits = fits && len < place_bytes;
        if (fits) {
            place[len++] = c;
        }
    }
    if (!fits) {
        return 1;
    }
    *ret_len = len;
    return 0;
}

int decimal_parse(struct span text, unsigned long long *ret_number) {
    unsigned long long number = 0;

    if (text.len == 0) {
        return -1;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' ||
                __builtin_mul_overflow(number, 10, &number) ||
                __builtin_add_overflow(number, text.data[i] - '0', &number)) {
            return -1;
        }
    }
    *ret_number = number;
    return 0;
}

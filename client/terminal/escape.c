#include "terminal/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The code points that a terminal acts on instead of showing them, or that reorder text. */
static bool is_active(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
           (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

/* The code point that begins there. Returns how many bytes it has; 0 if they are not UTF-8. */
static size_t read_code(const unsigned char *bytes, size_t len, uint32_t *ret_code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = bytes[0];
    size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t code = size == 1 ? first : first & (0x7FU >> size);

    if (size == 0 || size > len || first > 0xF4) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (bytes[i] & 0x3F);
    }
    if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return 0;
    }
    *ret_code = code;
    return size;
}

static void append_code(struct buffer *shown, uint32_t code) {
    static const char letters[] = {['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

    if (code < sizeof(letters) && letters[code] != '\0') {
        buffer_printf(shown, "\\%c", letters[code]);
    } else {
        buffer_printf(shown, "\\u%04X", code);
    }
}

static void append(struct buffer *shown, const char *text, size_t len, bool keep_line_ends) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t plain = 0; /* where what has not been appended yet begins */
    size_t at = 0;

    while (at < len) {
        uint32_t code = 0;
        size_t size = read_code(bytes + at, len - at, &code);

        if (size > 0 && (!is_active(code) || (keep_line_ends && code == '\n'))) {
            at += size;
            continue;
        }
        buffer_append(shown, text + plain, at - plain);
        if (size > 0) {
            append_code(shown, code);
        } else {
            buffer_printf(shown, "\\x%02X", bytes[at]);
        }
        at += size > 0 ? size : 1;
        plain = at;
    }
    buffer_append(shown, text + plain, len - plain); /* a NUL ends it even if it is empty */
}

void escape_append(struct buffer *shown, const char *text, size_t len) {
    append(shown, text, len, false);
}

void escape_append_text(struct buffer *shown, const char *text) {
    append(shown, text, strlen(text), false);
}

void escape_append_json(struct buffer *shown, const char *document, size_t len) {
    append(shown, document, len, true);
}

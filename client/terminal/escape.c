#include "terminal/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

/* The code points that a terminal acts on instead of showing them, or that reorder text. */
static bool is_active(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
           (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

/* The code point of a valid character of `len` bytes. */
static uint32_t code_of(const char *text, size_t len) {
    uint32_t code = (unsigned char)text[0] & (len == 1 ? 0x7FU : 0x7FU >> len);

    for (size_t i = 1; i < len; i++) {
        code = code << 6 | (text[i] & 0x3F);
    }
    return code;
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
    size_t plain = 0; /* start of what is not appended yet */
    size_t at = 0;

    while (at < len) {
        size_t size = utf8_character(text + at, len - at);
        uint32_t code = size > 0 ? code_of(text + at, size) : 0;

        if (size > 0 && (!is_active(code) || (keep_line_ends && code == '\n'))) {
            at += size;
            continue;
        }
        buffer_append(shown, text + plain, at - plain);
        if (size > 0) {
            append_code(shown, code);
        } else {
            buffer_printf(shown, "\\x%02X", (unsigned char)text[at]);
        }
        at += size > 0 ? size : 1;
        plain = at;
    }
    buffer_append(shown, text + plain, len - plain); /* a NUL follows even if this is empty */
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

#include "common/json_writer.h"

#include "common/base64.h"

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS (EACH_BYTE * 0x80)

#define ESCAPE_MAX_BYTES 6 /* \u001F */

static bool is_plain(char c) {
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Whether any of the eight bytes is below 0x20, '"' or '\'. */
static bool has_special(uint64_t bytes) {
    uint64_t quotes = bytes ^ EACH_BYTE * '"';
    uint64_t backslashes = bytes ^ EACH_BYTE * '\\';

    return ((((bytes - EACH_BYTE * 0x20) & ~bytes) | ((quotes - EACH_BYTE) & ~quotes) |
                    ((backslashes - EACH_BYTE) & ~backslashes)) &
                   HIGH_BITS) != 0;
}

/* How many bytes from the start need no escape. */
static size_t plain_run(struct span text) {
    size_t at = 0;
    uint64_t bytes;

    for (; text.len - at >= sizeof(bytes); at += sizeof(bytes)) {
        memcpy(&bytes, text.data + at, sizeof(bytes));
        if (has_special(bytes)) {
            break;
        }
    }
    while (at < text.len && is_plain(text.data[at])) {
        at++;
    }
    return at;
}

/* The letter of a short escape, or 0. */
static char escape_letter(char c) {
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void append_escape(struct buffer *buffer, char c) {
    static const char digits[] = "0123456789ABCDEF";
    char letter = escape_letter(c);
    char *place = buffer_reserve(buffer, ESCAPE_MAX_BYTES);

    if (place == NULL) {
        return;
    }
    if (letter != 0) {
        place[0] = '\\';
        place[1] = letter;
        buffer_commit(buffer, 2);
        return;
    }
    memcpy(place, "\\u00", 4);
    place[4] = digits[c >> 4];
    place[5] = digits[c & 0xf];
    buffer_commit(buffer, ESCAPE_MAX_BYTES);
}

size_t json_text_bytes(struct span text) {
    size_t bytes = text.len + 2;

    while (text.len > 0) {
        size_t run = plain_run(text);

        if (run < text.len) {
            bytes += escape_letter(text.data[run]) != 0 ? 1 : ESCAPE_MAX_BYTES - 1;
            run++;
        }
        text.data += run;
        text.len -= run;
    }
    return bytes;
}

size_t json_base64_bytes(struct span bytes) {
    return (bytes.len + 2) / 3 * 4 + 2;
}

void json_write_text(struct buffer *buffer, struct span text) {
    (void)buffer_reserve(buffer, text.len + 2); /* enough for a text without escapes */
    buffer_append_byte(buffer, '"');
    while (text.len > 0) {
        size_t run = plain_run(text);

        if (run > 0) {
            buffer_append(buffer, text.data, run);
        }
        if (run < text.len) {
            append_escape(buffer, text.data[run]);
            run++;
        }
        text.data += run;
        text.len -= run;
    }
    buffer_append_byte(buffer, '"');
}

void json_write_base64(struct buffer *buffer, struct span bytes) {
    buffer_append_byte(buffer, '"');
    base64_encode(bytes, buffer);
    buffer_append_byte(buffer, '"');
}

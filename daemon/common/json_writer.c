#include "common/json_writer.h"

#include "common/base64.h"
#include "common/json_plain.h"

#define ESCAPE_MAX_BYTES 6 /* \u001F */

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
        size_t run = json_plain_run(text);

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
        size_t run = json_plain_run(text);

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

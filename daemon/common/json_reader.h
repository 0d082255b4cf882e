/*
 * JSON (RFC 8259) read from left to right: no tree and no memory, spans of the text as it was sent.
 * It does not check that texts are UTF-8. A caller that wants a tree uses jansson.
 *
 * At the first byte that is not JSON the reader is broken: it stays there and finds nothing more.
 * So a caller checks once, at the end, with json_reader_finish().
 */
#ifndef GHOSTKEY_JSON_READER_H
#define GHOSTKEY_JSON_READER_H

#include "common/span.h"

struct json_reader {
    const char *at;
    const char *end;
    bool is_broken;
    bool is_too_deep; /* this is why it is broken */
};

enum json_reader_kind {
    JSON_READER_NOTHING, /* the reader is broken */
    JSON_READER_TEXT,
    JSON_READER_NUMBER,
    JSON_READER_TRUE,
    JSON_READER_FALSE,
    JSON_READER_NULL,
    JSON_READER_NESTED, /* an object or an array */
};

struct json_reader_value {
    enum json_reader_kind kind;
    struct span raw; /* as it was sent; of a text what stands between its quotes */
    bool has_escapes;
};

static inline struct json_reader json_reader_of(struct span text) {
    const char *at = text.len > 0 ? text.data : ""; /* to NULL nothing can be added */

    return (struct json_reader){.at = at, .end = at + text.len};
}

/* White space of JSON. The comments below call it a blank. */
static inline bool json_reader_is_blank(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* The text without the blanks at its beginning. */
static inline struct span json_reader_trim_start(struct span text) {
    while (text.len > 0 && json_reader_is_blank(text.data[0])) {
        text.data += 1;
        text.len -= 1;
    }
    return text;
}

/* Skips blanks, and the byte if it comes next. Returns whether it did. */
bool json_reader_take(struct json_reader *reader, char byte);

/* The same, but anything else breaks the reader. */
void json_reader_expect(struct json_reader *reader, char byte);

/* Any value; an object or an array is skipped as a whole, if it is not nested too deep. */
struct json_reader_value json_reader_next(struct json_reader *reader);

/*
 * In an object whose '{' was taken: reads the next member's name and the ':' behind it. False: it
 * read the '}', or the reader is broken. is_first: none was read yet.
 */
bool json_reader_member(
        struct json_reader *reader, bool is_first, struct json_reader_value *ret_name);

/* 0 at the end of the text; -EINVAL if the reader is broken or more than blanks is left. */
int json_reader_finish(struct json_reader *reader);

/*
 * Undoes the escapes of a text. place has room for text->raw.len bytes, and may be where the text
 * stands. False: there is half of a surrogate pair, written as three bytes that are not UTF-8.
 */
bool json_reader_decode(const struct json_reader_value *text, char *place, size_t *ret_len);

#endif

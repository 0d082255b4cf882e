#include "common/json_reader.h"

#include <errno.h>

#include "common/json_plain.h"

#define DEPTH_MAX 256 /* of nested objects and arrays */

/* The next byte; NUL, which JSON never contains, at the end. */
static char here(const struct json_reader *reader) {
    return reader->at < reader->end ? *reader->at : '\0';
}

static struct json_reader_value fail(struct json_reader *reader) {
    reader->is_broken = true;
    return (struct json_reader_value){JSON_READER_NOTHING};
}

static void skip_blanks(struct json_reader *reader) {
    while (reader->at < reader->end && json_reader_is_blank(*reader->at)) {
        reader->at++;
    }
}

bool json_reader_take(struct json_reader *reader, char byte) {
    if (reader->is_broken) {
        return false;
    }
    skip_blanks(reader);
    if (here(reader) != byte) {
        return false;
    }
    reader->at++;
    return true;
}

void json_reader_expect(struct json_reader *reader, char byte) {
    if (!json_reader_take(reader, byte)) {
        (void)fail(reader);
    }
}

/* The value of a hexadecimal digit; above 15 if it is none. */
static uint32_t hex_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return (uint32_t)(digit - '0');
    }
    digit |= 0x20; /* to lower case */
    return digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a') + 10 : 16;
}

/* Skips what follows a backslash. */
static bool skip_escape(struct json_reader *reader) {
    char letter = here(reader);

    if (letter == '\0' || strchr("\"\\/bfnrtu", letter) == NULL) {
        return false;
    }
    reader->at++;
    for (int i = 0; letter == 'u' && i < 4; i++) {
        if (hex_value(here(reader)) > 15) {
            return false;
        }
        reader->at++;
    }
    return true;
}

/* A text whose opening quote was taken. */
static struct json_reader_value read_text(struct json_reader *reader) {
    struct json_reader_value text = {.kind = JSON_READER_TEXT, .raw = {reader->at, 0}};

    for (;;) {
        reader->at += json_plain_run((struct span){reader->at, (size_t)(reader->end - reader->at)});
        if (here(reader) == '"') {
            text.raw.len = (size_t)(reader->at - text.raw.data);
            reader->at++;
            return text;
        }
        if (here(reader) != '\\') {
            return fail(reader);
        }
        text.has_escapes = true;
        reader->at++;
        if (!skip_escape(reader)) {
            return fail(reader);
        }
    }
}

static bool skip_digits(struct json_reader *reader) {
    const char *start = reader->at;

    while (here(reader) >= '0' && here(reader) <= '9') {
        reader->at++;
    }
    return reader->at > start;
}

static struct json_reader_value read_number(struct json_reader *reader) {
    const char *start = reader->at;

    reader->at += here(reader) == '-';
    if (here(reader) == '0') {
        reader->at++;
    } else if (!skip_digits(reader)) {
        return fail(reader);
    }
    if (here(reader) == '.') {
        reader->at++;
        if (!skip_digits(reader)) {
            return fail(reader);
        }
    }
    if (here(reader) == 'e' || here(reader) == 'E') {
        reader->at++;
        reader->at += here(reader) == '+' || here(reader) == '-';
        if (!skip_digits(reader)) {
            return fail(reader);
        }
    }
    return (struct json_reader_value){
            JSON_READER_NUMBER, {start, (size_t)(reader->at - start)}, false};
}

static struct json_reader_value read_word(
        struct json_reader *reader, const char *word, enum json_reader_kind kind) {
    struct span rest = {reader->at, (size_t)(reader->end - reader->at)};
    struct span wanted = span_of(word);

    if (!span_starts_with(rest, wanted)) {
        return fail(reader);
    }
    reader->at += wanted.len;
    return (struct json_reader_value){kind, {rest.data, wanted.len}, false};
}

/* The name of a member, and the ':' behind it. */
static struct json_reader_value read_name(struct json_reader *reader) {
    struct json_reader_value name = {JSON_READER_NOTHING};

    json_reader_expect(reader, '"');
    if (!reader->is_broken) {
        name = read_text(reader);
    }
    json_reader_expect(reader, ':');
    return name;
}

static struct json_reader_value read_value(struct json_reader *reader, int depth);

/* The members or elements up to `close`; the byte that opens them was taken. */
static struct json_reader_value skip_nested(struct json_reader *reader, char close, int depth) {
    const char *start = reader->at - 1;

    if (depth == DEPTH_MAX) {
        reader->is_too_deep = true;
        return fail(reader);
    }
    if (!json_reader_take(reader, close)) {
        do {
            if (close == '}') {
                (void)read_name(reader);
            }
            (void)read_value(reader, depth + 1);
        } while (json_reader_take(reader, ','));
        json_reader_expect(reader, close);
    }
    return (struct json_reader_value){
            JSON_READER_NESTED, {start, (size_t)(reader->at - start)}, false};
}

static struct json_reader_value read_value(struct json_reader *reader, int depth) {
    if (reader->is_broken) {
        return fail(reader);
    }
    skip_blanks(reader);
    switch (here(reader)) {
    case '"':
        reader->at++;
        return read_text(reader);
    case '{':
        reader->at++;
        return skip_nested(reader, '}', depth);
    case '[':
        reader->at++;
        return skip_nested(reader, ']', depth);
    case 't':
        return read_word(reader, "true", JSON_READER_TRUE);
    case 'f':
        return read_word(reader, "false", JSON_READER_FALSE);
    case 'n':
        return read_word(reader, "null", JSON_READER_NULL);
    default:
        return read_number(reader);
    }
}

struct json_reader_value json_reader_next(struct json_reader *reader) {
    return read_value(reader, 0);
}

bool json_reader_member(
        struct json_reader *reader, bool is_first, struct json_reader_value *ret_name) {
    if (is_first && json_reader_take(reader, '}')) {
        return false;
    }
    if (!is_first && !json_reader_take(reader, ',')) {
        json_reader_expect(reader, '}');
        return false;
    }
    *ret_name = read_name(reader);
    return !reader->is_broken;
}

int json_reader_finish(struct json_reader *reader) {
    if (!reader->is_broken) {
        skip_blanks(reader);
    }
    reader->is_broken = reader->is_broken || reader->at < reader->end;
    return reader->is_broken ? -EINVAL : 0;
}

static uint32_t hex4(const char *digits) {
    return hex_value(digits[0]) << 12 | hex_value(digits[1]) << 8 | hex_value(digits[2]) << 4 |
           hex_value(digits[3]);
}

static char *write_utf8(char *to, uint32_t code) {
    static const unsigned char firsts[] = {0, 0xC0, 0xE0, 0xF0};
    int more = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);

    *to++ = (char)(firsts[more] | code >> 6 * more);
    while (more-- > 0) {
        *to++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    }
    return to;
}

static bool is_high(uint32_t code) {
    return code >= 0xD800 && code <= 0xDBFF;
}

static bool is_low(uint32_t code) {
    return code >= 0xDC00 && code <= 0xDFFF;
}

/* Every escape is at least as long as what it stands for. */
bool json_reader_decode(const struct json_reader_value *text, char *place, size_t *ret_len) {
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *at = text->raw.data;
    const char *end = at + text->raw.len;
    char *to = place;
    bool is_whole = true;

    while (at < end) {
        uint32_t code;

        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        if (at[1] != 'u') {
            *to++ = meanings[strchr(letters, at[1]) - letters];
            at += 2;
            continue;
        }
        code = hex4(at + 2);
        at += 6;
        if (is_high(code) && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
                is_low(hex4(at + 2))) {
            code = 0x10000 + ((code - 0xD800) << 10) + (hex4(at + 2) - 0xDC00);
            at += 6;
        }
        is_whole = is_whole && !is_high(code) && !is_low(code);
        to = write_utf8(to, code);
    }
    *ret_len = (size_t)(to - place);
    return is_whole;
}

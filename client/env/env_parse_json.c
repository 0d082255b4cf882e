/*
 * The flat JSON of env_parse.h, by RFC 8259. jansson is not used here: it tells no line of a
 * member, and turns a number into one of its own, which may have other digits.
 */
#include "env/env_parse_readers.h"

#include <stdint.h>
#include <string.h>

#define SHOWN_MAX_BYTES 100
#define DEPTH_MAX 256

struct reader {
    const char *at;
    const char *end;
    const char *line_start;
    size_t line;
    bool is_broken; /* the text is not JSON: a fault says where, and nothing more is read */
    struct env_parsed *parsed;
};

/* The byte here; 0 at the end, and for a NUL, which is nowhere good JSON. */
static char here(const struct reader *reader) {
    return reader->at < reader->end ? *reader->at : '\0';
}

/* The text is not JSON from here on. Columns are counted in characters, from 1. */
static void fail(struct reader *reader) {
    size_t column = 1;

    if (reader->is_broken) {
        return;
    }
    for (const char *byte = reader->line_start; byte < reader->at; byte++) {
        column += (*byte & 0xC0) != 0x80;
    }
    env_parsed_fault(reader->parsed, reader->line, "it is not JSON from column %zu on", column);
    reader->is_broken = true;
    reader->at = reader->end;
}

static void skip_blanks(struct reader *reader) {
    for (;; reader->at++) {
        char byte = here(reader);

        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') {
            return;
        }
        if (byte == '\n' ||
                (byte == '\r' && (reader->at + 1 == reader->end || reader->at[1] != '\n'))) {
            reader->line++;
            reader->line_start = reader->at + 1;
        }
    }
}

/* Passes over that byte, blanks before it skipped; whether it was there. */
static bool take(struct reader *reader, char byte) {
    skip_blanks(reader);
    if (here(reader) != byte) {
        return false;
    }
    reader->at++;
    return true;
}

static void expect(struct reader *reader, char byte) {
    if (!take(reader, byte)) {
        fail(reader);
    }
}

static uint32_t read_hex4(struct reader *reader) {
    static const char digits[] = "0123456789abcdef";
    uint32_t code = 0;

    for (int i = 0; i < 4; i++, reader->at++) {
        char byte = here(reader);
        const char *digit =
                byte != '\0' ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte | 0x20 : byte)
                             : NULL;

        if (digit == NULL) {
            fail(reader);
            return 0;
        }
        code = code << 4 | (uint32_t)(digit - digits);
    }
    return code;
}

static void append_utf8(struct buffer *text, uint32_t code) {
    static const unsigned char firsts[] = {0, 0xC0, 0xE0, 0xF0};
    int more = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);

    buffer_append_byte(text, (char)(firsts[more] | code >> 6 * more));
    while (more-- > 0) {
        buffer_append_byte(text, (char)(0x80 | (code >> 6 * more & 0x3F)));
    }
}

/* Behind \u. Half of a surrogate pair comes out as the three bytes that UTF-8 does not allow. */
static void read_unicode_escape(struct reader *reader, struct buffer *text) {
    uint32_t code = read_hex4(reader);
    struct reader second = *reader;

    if (code >= 0xD800 && code <= 0xDBFF && reader->end - reader->at >= 6 &&
            memcmp(reader->at, "\\u", 2) == 0) {
        uint32_t low;

        second.at += 2;
        low = read_hex4(&second);
        if (second.is_broken) {
            *reader = second;
            return;
        }
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            reader->at = second.at;
        }
    }
    append_utf8(text, code);
}

static void read_escape(struct reader *reader, struct buffer *text) {
    static const char written[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    char letter = here(reader);
    const char *found = letter != '\0' ? strchr(written, letter) : NULL;

    if (letter == 'u') {
        reader->at++;
        read_unicode_escape(reader, text);
    } else if (found != NULL) {
        reader->at++;
        buffer_append_byte(text, meant[found - written]);
    } else {
        fail(reader);
    }
}

/* A string, its opening quote included. */
static void read_string(struct reader *reader, struct buffer *text) {
    expect(reader, '"');
    while (!reader->is_broken && here(reader) != '"') {
        const char *start = reader->at;

        while (reader->at < reader->end && (unsigned char)*reader->at >= 0x20 &&
                *reader->at != '"' && *reader->at != '\\') {
            reader->at++;
        }
        buffer_append(text, start, (size_t)(reader->at - start));
        if (here(reader) == '\\') {
            reader->at++;
            read_escape(reader, text);
        } else if (here(reader) != '"') {
            fail(reader);
        }
    }
    reader->at += !reader->is_broken;
}

static void skip_digits(struct reader *reader) {
    const char *start = reader->at;

    while (here(reader) >= '0' && here(reader) <= '9') {
        reader->at++;
    }
    if (reader->at == start) {
        fail(reader);
    }
}

/* A number, as it is written. */
static void read_number(struct reader *reader, struct buffer *text) {
    const char *start = reader->at;

    reader->at += here(reader) == '-';
    if (here(reader) == '0') {
        reader->at++;
    } else {
        skip_digits(reader);
    }
    if (here(reader) == '.') {
        reader->at++;
        skip_digits(reader);
    }
    if (here(reader) == 'e' || here(reader) == 'E') {
        reader->at++;
        reader->at += here(reader) == '+' || here(reader) == '-';
        skip_digits(reader);
    }
    buffer_append(text, start, (size_t)(reader->at - start));
}

static void read_word(struct reader *reader, const char *word, struct buffer *text) {
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) {
        fail(reader);
        return;
    }
    reader->at += length;
    buffer_append_text(text, word);
}

static const char *read_value(struct reader *reader, struct buffer *text, int depth);

/* The members or elements up to `close`; what opens them has been taken. */
static void skip_nested(struct reader *reader, char close, int depth) {
    if (depth > DEPTH_MAX) {
        fail(reader);
    }
    if (reader->is_broken || take(reader, close)) {
        return;
    }
    do {
        BUFFER_AUTO struct buffer ignored = BUFFER_NULL;

        if (close == '}') {
            read_string(reader, &ignored);
            expect(reader, ':');
        }
        (void)read_value(reader, &ignored, depth + 1); /* the whole is a fault already */
    } while (!reader->is_broken && take(reader, ','));
    expect(reader, close);
}

/* Any value, as text. NULL, or what is wrong with it. */
static const char *read_value(struct reader *reader, struct buffer *text, int depth) {
    skip_blanks(reader);
    switch (here(reader)) {
    case '"':
        read_string(reader, text);
        return reader->is_broken ? NULL : env_parsed_judge(text);
    case '{':
    case '[':
        skip_nested(reader, *reader->at++ == '{' ? '}' : ']', depth);
        return "it is not flat: only texts, numbers and booleans are read";
    case 'n':
        read_word(reader, "null", text);
        return "it is null: leave it out, or make it \"\"";
    case 't':
    case 'f':
        read_word(reader, here(reader) == 't' ? "true" : "false", text);
        return NULL;
    default:
        read_number(reader, text);
        return NULL;
    }
}

static void read_member(struct reader *reader) {
    BUFFER_AUTO struct buffer name = BUFFER_NULL;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    const char *wrong;
    size_t line;

    skip_blanks(reader);
    line = reader->line;
    read_string(reader, &name);
    expect(reader, ':');
    wrong = read_value(reader, &value, 1);
    if (reader->is_broken) {
        /* that is told already */
    } else if (env_parsed_judge(&name) != NULL) {
        env_parsed_fault(reader->parsed, line, "the name of a member holds what no name can");
    } else if (wrong != NULL) {
        env_parsed_fault(reader->parsed, line, "'%.*s': %s",
                name.len < SHOWN_MAX_BYTES ? (int)name.len : SHOWN_MAX_BYTES, buffer_string(&name),
                wrong);
    } else {
        struct env_parsed_entry *entry =
                env_parsed_add(reader->parsed, buffer_string(&name), name.len, line);

        entry->value = value;
        value = BUFFER_NULL;
    }
}

void env_parse_json(const char *text, size_t length, struct env_parsed *parsed) {
    struct reader reader = {
            .at = text, .end = text + length, .line_start = text, .line = 1, .parsed = parsed};

    expect(&reader, '{');
    if (!take(&reader, '}')) {
        do {
            read_member(&reader);
        } while (!reader.is_broken && take(&reader, ','));
        expect(&reader, '}');
    }
    skip_blanks(&reader);
    if (reader.at < reader.end) {
        fail(&reader);
    }
    while (reader.is_broken && parsed->entry_count > 0) { /* what was read may be cut short */
        env_parsed_drop(parsed);
    }
}

/*
 * The flat JSON of env_parse.h. jansson is not used here: it does not say in which line a member
 * stands, and it may change the digits of a number.
 */
#include "common/json_reader.h"
#include "env/env_parse_readers.h"

#define SHOWN_MAX_BYTES 100

struct parse {
    struct json_reader reader;
    struct env_parsed *parsed;
    const char *counted; /* up to here the line ends are counted */
    const char *line_start;
    size_t line; /* from 1 */
};

/* The line in which `at` stands. Each call needs an `at` behind that of the call before. */
static size_t line_of(struct parse *parse, const char *at) {
    for (; parse->counted < at; parse->counted++) {
        const char *next = parse->counted + 1;

        if (*parse->counted == '\n' ||
                (*parse->counted == '\r' && (next == parse->reader.end || *next != '\n'))) {
            parse->line++;
            parse->line_start = next;
        }
    }
    return parse->line;
}

/* Adds a fault at the byte where the reader stopped. Columns count characters, from 1. */
static void say_where_it_breaks(struct parse *parse) {
    size_t line = line_of(parse, parse->reader.at);
    size_t column = 1;

    for (const char *byte = parse->line_start; byte < parse->reader.at; byte++) {
        column += (*byte & 0xC0) != 0x80;
    }
    env_parsed_fault(parse->parsed, line, "it is not JSON from column %zu on", column);
}

static void append_text(const struct json_reader_value *text, struct buffer *buffer) {
    char *place = buffer_reserve(buffer, text->raw.len);
    size_t len;

    if (place != NULL) {
        (void)json_reader_decode(text, place, &len); /* env_parsed_judge() finds half pairs, too */
        buffer_commit(buffer, len);
    }
}

/* Takes any value as text. Returns NULL, or what is wrong with it. */
static const char *take_value(const struct json_reader_value *value, struct buffer *text) {
    switch (value->kind) {
    case JSON_READER_TEXT:
        append_text(value, text);
        return env_parsed_judge(text);
    case JSON_READER_NESTED:
        return "it is not flat: only texts, numbers and booleans are read";
    case JSON_READER_NULL:
        return "it is null: leave it out, or make it \"\"";
    default:
        buffer_append_span(text, value->raw);
        return NULL;
    }
}

static void take_member(struct parse *parse, const struct json_reader_value *member) {
    struct json_reader_value given = json_reader_next(&parse->reader);
    size_t line = line_of(parse, member->raw.data);
    BUFFER_AUTO struct buffer name = BUFFER_NULL;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    const char *wrong;

    if (parse->reader.is_broken) {
        return;
    }
    append_text(member, &name);
    wrong = take_value(&given, &value);
    if (env_parsed_judge(&name) != NULL) {
        env_parsed_fault(parse->parsed, line, "the name of a member holds what no name can");
    } else if (wrong != NULL) {
        env_parsed_fault(parse->parsed, line, "'%.*s': %s",
                name.len < SHOWN_MAX_BYTES ? (int)name.len : SHOWN_MAX_BYTES, buffer_string(&name),
                wrong);
    } else {
        struct env_parsed_entry *entry =
                env_parsed_add(parse->parsed, buffer_string(&name), name.len, line);

        entry->value = value;
        value = BUFFER_NULL; /* handed over */
    }
}

void env_parse_json(const char *text, size_t len, struct env_parsed *parsed) {
    struct parse parse = {
            .reader = json_reader_of((struct span){text, len}),
            .parsed = parsed,
            .counted = text,
            .line_start = text,
            .line = 1,
    };
    struct json_reader_value name;

    json_reader_expect(&parse.reader, '{');
    for (bool is_first = true; json_reader_member(&parse.reader, is_first, &name);
            is_first = false) {
        take_member(&parse, &name);
    }
    if (json_reader_finish(&parse.reader) == 0) {
        return;
    }
    say_where_it_breaks(&parse);
    while (parsed->entry_count > 0) { /* the last of them may be cut short */
        env_parsed_drop(parsed);
    }
}

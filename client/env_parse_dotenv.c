/* The dotenv grammar of env_parse.h. */
#include "env_parse.h"

#include <string.h>

#include "env_value.h"

#define SHOWN_MAX_BYTES 40

/* Where the reader is. */
struct place {
    const char *at;
    const char *end;
    size_t line;
    bool has_crlf; /* the first line ends so: then all line ends are those of the file, not data */
};

static bool is_at_end(const struct place *place) {
    return place->at == place->end;
}

/* The byte here; 0 at the end of the text, and for a NUL, which is found elsewhere. */
static char here(const struct place *place) {
    return is_at_end(place) ? '\0' : *place->at;
}

static void skip_blanks(struct place *place) {
    while (here(place) == ' ' || here(place) == '\t') {
        place->at++;
    }
}

/* The end of the line, its newline or CRLF not included. */
static const char *line_end(const struct place *place) {
    const char *newline = memchr(place->at, '\n', (size_t)(place->end - place->at));
    const char *end = newline != NULL ? newline : place->end;

    return end > place->at && end[-1] == '\r' ? end - 1 : end;
}

static void skip_line(struct place *place) {
    const char *newline = memchr(place->at, '\n', (size_t)(place->end - place->at));

    place->at = newline != NULL ? newline + 1 : place->end;
    place->line++;
}

static bool is_at_line_end(const struct place *place) {
    return place->at == line_end(place);
}

static size_t name_length(const struct place *place) {
    static const char rest[] = ENV_VALUE_LETTERS ENV_VALUE_DIGITS "_";
    size_t length = 0;

    while (place->at + length < place->end && place->at[length] != '\0' &&
            strchr(rest, place->at[length]) != NULL) {
        length++;
    }
    return length > 0 && strchr(ENV_VALUE_DIGITS, *place->at) != NULL ? 0 : length;
}

/* `export` and a blank behind it. */
static void skip_export(struct place *place) {
    static const char word[] = "export";
    size_t length = strlen(word);

    if ((size_t)(place->end - place->at) > length && memcmp(place->at, word, length) == 0 &&
            (place->at[length] == ' ' || place->at[length] == '\t')) {
        place->at += length;
        skip_blanks(place);
    }
}

/* In "…", behind a backslash: what is meant; 0 if the backslash is meant. */
static char escaped(char byte) {
    static const char written[] = "\\\"$`nrt";
    static const char meant[] = "\\\"$`\n\r\t";
    const char *found = byte != '\0' ? strchr(written, byte) : NULL;

    return found != NULL ? meant[found - written] : '\0';
}

/* A piece in quotes; false if it is not closed. */
static bool read_quoted(struct place *place, struct env_parsed_entry *entry) {
    char quote = *place->at++;

    while (!is_at_end(place)) {
        char byte = *place->at++;
        char meant = quote == '"' && byte == '\\' ? escaped(here(place)) : '\0';

        if (byte == quote) {
            return true;
        }
        if (byte == '\r' && place->has_crlf && here(place) == '\n') {
            continue;
        }
        if (meant != '\0') {
            buffer_append_byte(&entry->value, meant);
            place->at++;
            continue;
        }
        if (quote == '"' && byte == '$' && here(place) == '{') {
            entry->is_expandable = true;
        }
        place->line += byte == '\n';
        buffer_append_byte(&entry->value, byte);
    }
    return false;
}

static bool is_quote(char byte) {
    return byte == '\'' || byte == '"' || byte == '`';
}

static void read_bare(struct place *place, struct env_parsed_entry *entry) {
    const char *start = place->at;
    const char *end = line_end(place);

    for (const char *byte = start; byte < end; byte++) {
        bool after_blank = byte == start || byte[-1] == ' ' || byte[-1] == '\t';

        /* Right behind the = it is a part of the value, as for shells. */
        if (*byte == '#' && after_blank && (byte > start || byte[-1] != '=')) {
            end = byte;
        }
    }
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    buffer_append(&entry->value, start, (size_t)(end - start));
    entry->is_expandable = env_value_has_text(start, (size_t)(end - start), "${");
}

/* The value behind the =; NULL, or what is wrong with it. */
static const char *read_value(struct place *place, struct env_parsed_entry *entry) {
    skip_blanks(place);
    buffer_append(&entry->value, "", 0);
    if (!is_quote(here(place))) {
        read_bare(place, entry);
        return NULL;
    }
    while (is_quote(here(place))) {
        if (!read_quoted(place, entry)) {
            return "its quote is not closed";
        }
    }
    skip_blanks(place);
    return is_at_line_end(place) || here(place) == '#'
                   ? NULL
                   : "something stands behind its closing quote";
}

/* What is wrong with a value that was read; NULL: nothing. */
static const char *judge_value(const struct buffer *value) {
    if (memchr(value->data, '\0', value->length) != NULL) {
        return "it holds a NUL byte";
    }
    return env_value_is_utf8(value->data, value->length) ? NULL : "it is not UTF-8";
}

static void drop_entry(struct env_parsed *parsed) {
    struct env_parsed_entry *entry = &parsed->entries[--parsed->entry_count];

    free(entry->name);
    buffer_deinit(&entry->value);
}

/* A line that is neither empty nor a comment. */
static void read_assignment(struct place *place, struct env_parsed *parsed) {
    const struct place start = *place;
    struct env_parsed_entry *entry;
    const char *wrong;
    const char *name;
    size_t length;

    skip_export(place);
    name = place->at;
    length = name_length(place);
    place->at += length;
    skip_blanks(place);
    if (length == 0 || here(place) != '=') {
        env_parsed_fault(parsed, start.line,
                "it is no NAME=value, where NAME is letters, digits and '_', no digit first");
        return;
    }
    place->at++;
    entry = env_parsed_add(parsed, name, length, start.line);
    wrong = read_value(place, entry);
    wrong = wrong != NULL ? wrong : judge_value(&entry->value);
    if (wrong != NULL) {
        env_parsed_fault(parsed, start.line, "%.*s: %s",
                length < SHOWN_MAX_BYTES ? (int)length : SHOWN_MAX_BYTES, name, wrong);
        drop_entry(parsed);
        *place = start; /* the next line may be good */
    }
}

void env_parse_dotenv(const char *text, size_t length, struct env_parsed *parsed) {
    struct place place = {.at = text, .end = text + length, .line = 1};
    const char *newline = memchr(text, '\n', length);

    place.has_crlf = newline != NULL && newline > text && newline[-1] == '\r';

    for (; !is_at_end(&place); skip_line(&place)) {
        skip_blanks(&place);
        if (!is_at_line_end(&place) && here(&place) != '#') {
            read_assignment(&place, parsed);
        }
    }
}

/* The dotenv grammar of env_parse.h. */
#include <string.h>

#include "env/env_parse_readers.h"
#include "env/env_value.h"

#define SHOWN_MAX_BYTES 40
#define BOM "\xEF\xBB\xBF"

#define AMBIGUOUS_RETURN \
    "a carriage return stands inside its quotes, and the lines of the file end in different " \
    "ways: " \
    "make all of them end with LF, and write \\r in \"...\" for one that belongs to the value"

/* What a CR inside quotes is. Outside of them it always ends the line. */
enum returns {
    RETURNS_ARE_DATA,
    RETURNS_END_LINES,     /* alone or before an LF: it is read as a newline */
    RETURNS_ARE_AMBIGUOUS, /* a fault */
};

/* Where the reader is. */
struct place {
    const char *at;
    const char *end;
    size_t line;
    enum returns returns;
    enum env_reading reading;
    bool has_ambiguous_return; /* inside the quotes of the current value */
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

static bool is_at_line_end(const struct place *place) {
    return is_at_end(place) || *place->at == '\n' || *place->at == '\r';
}

/* The end of the line: where its LF, CRLF or CR begins. */
static const char *line_end(const struct place *place) {
    struct place end = *place;

    while (!is_at_line_end(&end)) {
        end.at++;
    }
    return end.at;
}

/* Skips an LF, CRLF or CR. */
static void skip_line_end(struct place *place) {
    char byte = here(place);

    place->at += !is_at_end(place);
    place->at += byte == '\r' && here(place) == '\n';
    place->line++;
}

static void skip_line(struct place *place) {
    place->at = line_end(place);
    skip_line_end(place);
}

/* `export` and a blank behind it. */
static void skip_export(struct place *place) {
    static const char word[] = "export";
    size_t len = strlen(word);

    if ((size_t)(place->end - place->at) > len && memcmp(place->at, word, len) == 0 &&
            (place->at[len] == ' ' || place->at[len] == '\t')) {
        place->at += len;
        skip_blanks(place);
    }
}

/* The byte that a backslash and `byte` stand for in "…"; 0: the backslash belongs to the value. */
static char escaped(char byte) {
    static const char written[] = "\\\"$`nrt";
    static const char meant[] = "\\\"$`\n\r\t";
    const char *found = byte != '\0' ? strchr(written, byte) : NULL;

    return found != NULL ? meant[found - written] : '\0';
}

/* Reads a piece in quotes. Returns NULL, or what is wrong with it. */
static const char *read_quoted(struct place *place, struct env_parsed_entry *entry) {
    char quote = *place->at++;
    bool is_ambiguous = place->returns == RETURNS_ARE_AMBIGUOUS;
    bool has_escapes = quote == '"' && place->reading == ENV_READING_DOTENV;

    while (!is_at_end(place)) {
        char byte = *place->at++;
        char meant = has_escapes && byte == '\\' ? escaped(here(place)) : '\0';

        if (byte == quote) {
            return NULL;
        }
        if (meant != '\0') {
            buffer_append_byte(&entry->value, meant);
            place->at++;
            continue;
        }
        if (byte == '\r' && place->returns == RETURNS_END_LINES) {
            place->at += here(place) == '\n';
            byte = '\n';
        }
        if (quote == '"' && byte == '$' && here(place) == '{') {
            entry->is_expandable = true;
        }
        place->has_ambiguous_return |= byte == '\r' && is_ambiguous;
        place->line += byte == '\n' || (byte == '\r' && is_ambiguous && here(place) != '\n');
        buffer_append_byte(&entry->value, byte);
    }
    return "its quote is not closed";
}

static bool is_quote(char byte) {
    return byte == '\'' || byte == '"' || byte == '`';
}

static void read_bare(struct place *place, struct env_parsed_entry *entry) {
    const char *start = place->at;
    const char *end = line_end(place);

    for (const char *byte = start; byte < end; byte++) {
        bool after_blank = byte == start || byte[-1] == ' ' || byte[-1] == '\t';

        /* As in shells, a # right behind the = belongs to the value. */
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

/* Reads the value behind the =. Returns NULL, or what is wrong with it. */
static const char *read_value(struct place *place, struct env_parsed_entry *entry) {
    const char *wrong = NULL;

    skip_blanks(place);
    if (!is_quote(here(place))) {
        read_bare(place, entry);
        return NULL;
    }
    while (wrong == NULL && is_quote(here(place))) {
        wrong = read_quoted(place, entry);
    }
    if (wrong != NULL) {
        return wrong;
    }
    skip_blanks(place);
    return is_at_line_end(place) || here(place) == '#'
                   ? NULL
                   : "something stands behind its closing quote";
}

/* In the format js-expand a backslash stands before each $ of the value. */
static void drop_dollar_escapes(struct buffer *value) {
    size_t len = 0;

    for (size_t i = 0; i < value->len; i++) {
        if (value->data[i] != '\\' || i + 1 == value->len || value->data[i + 1] != '$') {
            value->data[len++] = value->data[i];
        }
    }
    buffer_truncate(value, len);
}

/* Why the line is not an assignment. */
static const char *judge_line(const struct place *place) {
    size_t len = (size_t)(line_end(place) - place->at);

    if (len >= strlen(BOM) && memcmp(place->at, BOM, strlen(BOM)) == 0) {
        return "a byte order mark stands here, where no file begins: remove it";
    }
    return memchr(place->at, '\0', len) != NULL ? "it holds a NUL byte; the format nul is read "
                                                  "from a file whose name ends in .nul"
                                                : ENV_PARSED_NOT_AN_ENTRY;
}

static void add_fault(struct env_parsed *parsed, size_t line, const struct env_parsed_entry *entry,
        const char *wrong) {
    env_parsed_fault(parsed, line, "%.*s: %s", SHOWN_MAX_BYTES, entry->name, wrong);
    env_parsed_drop(parsed);
}

/* A line that is neither empty nor a comment. */
static void read_assignment(struct place *place, struct env_parsed *parsed) {
    const struct place start = *place;
    struct env_parsed_entry *entry;
    const char *wrong;
    const char *name;
    size_t len;

    skip_export(place);
    name = place->at;
    len = env_parsed_name_len(place->at, place->end);
    place->at += len;
    skip_blanks(place);
    if (len == 0 || here(place) != '=') {
        env_parsed_fault(parsed, start.line, "%s", judge_line(&start));
        return;
    }
    place->at++;
    place->has_ambiguous_return = false;
    entry = env_parsed_add(parsed, name, len, start.line);
    wrong = read_value(place, entry);
    if (wrong != NULL) {
        add_fault(parsed, start.line, entry, wrong);
        *place = start; /* nobody knows where the value ends: go on with the next line */
        return;
    }
    wrong = place->has_ambiguous_return ? AMBIGUOUS_RETURN : env_parsed_judge(&entry->value);
    if (wrong != NULL) {
        add_fault(parsed, start.line, entry, wrong);
        return;
    }
    if (place->reading == ENV_READING_DOLLARS) {
        drop_dollar_escapes(&entry->value);
    }
}

/* How the lines end, those inside quotes included. */
static enum returns judge_returns(const char *text, size_t len) {
    size_t newlines = 0;
    size_t returns = 0;
    size_t pairs = 0;

    for (size_t i = 0; i < len; i++) {
        newlines += text[i] == '\n';
        returns += text[i] == '\r';
        pairs += text[i] == '\r' && i + 1 < len && text[i + 1] == '\n';
    }
    return pairs == returns && pairs == newlines ? RETURNS_END_LINES
           : newlines == 0                       ? RETURNS_END_LINES
                                                 : RETURNS_ARE_AMBIGUOUS;
}

/*
 * In a file that GhostKey wrote each line ends with LF, so a CR belongs to a value, unless another
 * program has changed the line ends. The end of the first line shows that.
 */
static enum returns judge_own_returns(const char *text, size_t len) {
    const char *newline = memchr(text, '\n', len);

    return newline != NULL && memchr(text, '\r', (size_t)(newline - text)) == NULL
                   ? RETURNS_ARE_DATA
                   : RETURNS_ARE_AMBIGUOUS;
}

void env_parse_dotenv(
        const char *text, size_t len, const struct env_format *format, struct env_parsed *parsed) {
    bool is_own = format != NULL && format->holds_returns;
    struct place place = {
            .at = text,
            .end = text + len,
            .line = 1,
            .returns = is_own ? judge_own_returns(text, len) : judge_returns(text, len),
            .reading = format != NULL ? format->reading : ENV_READING_DOTENV,
    };

    for (; !is_at_end(&place); skip_line(&place)) {
        skip_blanks(&place);
        if (!is_at_line_end(&place) && here(&place) != '#') {
            read_assignment(&place, parsed);
        }
    }
    for (size_t i = 0; i < parsed->entry_count && format != NULL; i++) {
        parsed->entries[i].is_expandable = false; /* GhostKey wrote it: ${…} is text */
    }
}

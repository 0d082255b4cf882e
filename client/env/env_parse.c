#include "env/env_parse.h"

#include <string.h>

#include "env/env_format.h"
#include "env/env_parse_readers.h"
#include "heap.h"

#define BOM "\xEF\xBB\xBF"
#define NUL_SUFFIX ".nul"
#define SHOWN_MAX_BYTES 40

/* Other encodings than UTF-8, as Windows programs often write. `zeros`: which bytes of an ASCII
 * character are zero, a bit for each. */
static const struct encoding {
    const char *name;
    size_t width;
    const char *mark;
    unsigned zeros;
} encodings[] = {
        /* UTF-32LE first: its mark begins with that of UTF-16LE. */
        {"UTF-32LE", 4, "\xFF\xFE\0\0", 0xE},
        {"UTF-32BE", 4, "\0\0\xFE\xFF", 0x7},
        {"UTF-16LE", 2, "\xFF\xFE", 0x2},
        {"UTF-16BE", 2, "\xFE\xFF", 0x1},
};

static unsigned zero_bits(const char *text, size_t width) {
    unsigned bits = 0;

    for (size_t i = 0; i < width; i++) {
        bits |= (unsigned)(text[i] == '\0') << i;
    }
    return bits;
}

/*
 * "UTF-16LE" or the like, as iconv(1) calls it, if the text begins with that encoding's byte order
 * mark or with an ASCII character written in it; else NULL. Latin-1 and the like cannot be told
 * from the text.
 */
static const char *foreign_encoding(const char *text, size_t len) {
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        const struct encoding *encoding = &encodings[i];

        if (len < encoding->width) {
            continue;
        }
        if (memcmp(text, encoding->mark, encoding->width) == 0 ||
                zero_bits(text, encoding->width) == encoding->zeros) {
            return encoding->name;
        }
    }
    return NULL;
}

/* Adds the entry `NAME=value` that reaches from `start` to `end`. */
static void take_entry(struct env_parsed *parsed, const char *start, const char *end, size_t line) {
    size_t name_len = env_parsed_name_len(start, end);
    const char *value = start + name_len + 1;
    struct env_parsed_entry *entry;
    const char *wrong;

    if (name_len == 0 || value > end || value[-1] != '=') {
        env_parsed_fault(parsed, line, ENV_PARSED_NOT_AN_ENTRY);
        return;
    }
    entry = env_parsed_add(parsed, start, name_len, line);
    buffer_append(&entry->value, value, (size_t)(end - value));
    wrong = env_parsed_judge(&entry->value);
    if (wrong != NULL) {
        env_parsed_fault(parsed, line, "%s: %s", entry->name, wrong);
        env_parsed_drop(parsed);
    }
}

/*
 * The format `docker`, without quotes: each line is an entry.
 *
 * The export refuses a value with a newline or with a CR at its end. So CR LF is a line end that
 * another program has made, and any other CR belongs to a value. But if the first line ends with a
 * CR alone, each CR is a line end.
 */
static void parse_raw(const char *text, size_t len, struct env_parsed *parsed) {
    const char *end = text + len;
    const char *first_end = text;
    char line_byte;
    size_t line = 1;

    while (first_end < end && *first_end != '\n' && *first_end != '\r') {
        first_end++;
    }
    line_byte =
            first_end < end && *first_end == '\r' && (first_end + 1 == end || first_end[1] != '\n')
                    ? '\r'
                    : '\n';
    for (const char *at = text; at < end; line++) {
        const char *found = memchr(at, line_byte, (size_t)(end - at));
        const char *line_end = found != NULL ? found : end;
        const char *value_end = line_end > at && line_end[-1] == '\r' ? line_end - 1 : line_end;

        if (value_end > at && *at != '#') {
            take_entry(parsed, at, value_end, line);
        }
        at = found != NULL ? found + 1 : end;
    }
}

/* The format `nul`, without quotes: a NUL byte ends each entry. */
static void parse_nul(const char *text, size_t len, struct env_parsed *parsed) {
    const char *end = text + len;
    size_t line = 1;

    for (const char *at = text; at < end;) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));

        if (nul == NULL) {
            env_parsed_fault(
                    parsed, line, "no NUL byte ends the last entry: the file may be cut short");
            return;
        }
        take_entry(parsed, at, nul, line);
        for (; at <= nul; at++) {
            line += *at == '\n';
        }
    }
}

/* Whether the text is NAME=value entries that each end with a NUL, without any LF or CR. */
static bool is_nul_format(const char *text, size_t len) {
    const char *end = text + len;

    if (len == 0 || end[-1] != '\0' || memchr(text, '\n', len) != NULL ||
            memchr(text, '\r', len) != NULL) {
        return false;
    }
    for (const char *at = text; at < end; at += strlen(at) + 1) {
        size_t name_len = env_parsed_name_len(at, end);

        if (name_len == 0 || at[name_len] != '=') {
            return false;
        }
    }
    return true;
}

/* The format's name in GhostKey's mark, and its length; NULL: the text has no mark. */
static const char *marked_name(const char *text, size_t len, size_t *ret_len) {
    const char *name = text + strlen(ENV_FORMAT_MARK);
    const char *end = text + len;
    const char *at = name;

    if (len < strlen(ENV_FORMAT_MARK) ||
            memcmp(text, ENV_FORMAT_MARK, strlen(ENV_FORMAT_MARK)) != 0) {
        return NULL;
    }
    while (at < end && *at >= ' ' && *at < 0x7F && *at != ':') {
        at++;
    }
    *ret_len = (size_t)(at - name);
    return name;
}

static void parse_marked(const char *text, size_t len, const char *name, size_t name_len,
        struct env_parsed *parsed) {
    GK_AUTO_FREE char *word = heap_duplicate(name, name_len);
    const struct env_format *format = env_format_find(word);

    if (format == NULL || format->reading == ENV_READING_WHOLE) {
        BUFFER_AUTO struct buffer names = BUFFER_NULL;

        env_format_append_names(&names, true);
        env_parsed_fault(parsed, 1,
                "'%.*s' is no format that has this first line; those that have it are %s",
                SHOWN_MAX_BYTES, word, buffer_string(&names));
    } else if (format->reading == ENV_READING_RAW) {
        parse_raw(text, len, parsed);
    } else if (format->reading == ENV_READING_FISH || format->reading == ENV_READING_MAKE) {
        env_parse_script(text, len, format, parsed);
    } else {
        env_parse_dotenv(text, len, format, parsed);
    }
}

static bool has_nul_name(const char *path) {
    size_t len = path != NULL ? strlen(path) : 0;

    return len >= strlen(NUL_SUFFIX) && strcmp(path + len - strlen(NUL_SUFFIX), NUL_SUFFIX) == 0;
}

static void parse_text(const char *path, const char *text, size_t len, struct env_parsed *parsed) {
    const char *foreign = NULL;
    const char *name;
    size_t name_len;
    size_t blanks = 0;

    if (has_nul_name(path) || is_nul_format(text, len)) {
        parse_nul(text, len, parsed);
        return;
    }
    foreign = foreign_encoding(text, len);
    if (foreign != NULL) {
        env_parsed_fault(parsed, 1,
                "the file is %s, and only UTF-8 is read; convert it first: iconv -f %s -t UTF-8",
                foreign, foreign);
        return;
    }
    if (len >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0) {
        text += strlen(BOM);
        len -= strlen(BOM);
    }
    name = marked_name(text, len, &name_len);
    if (name != NULL) {
        parse_marked(text, len, name, name_len, parsed);
        return;
    }
    while (blanks < len && text[blanks] != '\0' && strchr(" \t\r\n", text[blanks]) != NULL) {
        blanks++;
    }
    if (blanks < len && text[blanks] == '{') {
        env_parse_json(text, len, parsed);
    } else {
        env_parse_dotenv(text, len, NULL, parsed);
    }
}

void env_parse(const char *path, const char *text, size_t len, struct env_parsed *ret_parsed) {
    struct env_parsed parsed = {0};

    parse_text(path, text, len, &parsed);
    env_parsed_finish(&parsed);
    *ret_parsed = parsed;
}

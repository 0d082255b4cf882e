/*
 * The formats without quotes: `docker`, a line each, and `nul`, a NUL byte behind each entry.
 */
#include "env/env_parse.h"

#include <string.h>

/* From `start` to `end`: NAME=value with nothing but these bytes in it. */
static void take_entry(struct env_parsed *parsed, const char *start, const char *end, size_t line) {
    size_t name_len = env_parse_name_len(start, end);
    const char *value = start + name_len + 1;
    struct env_parsed_entry *entry;
    const char *wrong;

    if (name_len == 0 || value > end || value[-1] != '=') {
        env_parsed_fault(parsed, line, ENV_PARSE_NOT_AN_ENTRY);
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
 * The export refuses a value with a newline or with a CR at its end. So a CR before the newline is
 * part of a line end that some other program has changed, and any other CR is part of a value,
 * unless the first line ends with one: then all of them are line ends.
 */
void env_parse_raw(const char *text, size_t len, struct env_parsed *parsed) {
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

void env_parse_nul(const char *text, size_t len, struct env_parsed *parsed) {
    const char *end = text + len;
    size_t line = 1;

    for (const char *at = text; at < end;) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        const char *entry_end = nul != NULL ? nul : end;

        if (nul == NULL) {
            env_parsed_fault(
                    parsed, line, "no NUL byte ends the last entry: the file may be cut short");
            return;
        }
        take_entry(parsed, at, entry_end, line);
        for (; at <= nul; at++) {
            line += *at == '\n';
        }
    }
}

bool env_parse_is_nul(const char *text, size_t len) {
    const char *end = text + len;

    if (len == 0 || end[-1] != '\0' || memchr(text, '\n', len) != NULL ||
            memchr(text, '\r', len) != NULL) {
        return false;
    }
    for (const char *at = text; at < end; at += strlen(at) + 1) {
        size_t name_len = env_parse_name_len(at, end);

        if (name_len == 0 || at[name_len] != '=') {
            return false;
        }
    }
    return true;
}

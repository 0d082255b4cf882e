/* Reads the formats fish and make back, as ghostctl export has written them. */
#include <string.h>

#include "env/env_format.h"
#include "env/env_parse_readers.h"
#include "env/env_script.h"

#define END "its line does not end as ghostctl export has written it"

/* The text that is still to be read. */
struct rest {
    const char *at;
    const char *end;
    size_t line;
};

static bool skip(struct rest *rest, const char *text) {
    size_t len = strlen(text);

    if ((size_t)(rest->end - rest->at) < len || memcmp(rest->at, text, len) != 0) {
        return false;
    }
    rest->at += len;
    return true;
}

static void skip_line(struct rest *rest) {
    const char *newline = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));

    rest->at = newline != NULL ? newline + 1 : rest->end;
    rest->line++;
}

/* Reads from behind the opening quote to the newline. Returns NULL, or what is wrong. */
static const char *read_fish(struct rest *rest, struct buffer *value) {
    for (; rest->at < rest->end && *rest->at != '\''; rest->at++) {
        bool is_escape = *rest->at == '\\' && rest->at + 1 < rest->end &&
                         (rest->at[1] == '\'' || rest->at[1] == '\\');

        rest->at += is_escape;
        rest->line += *rest->at == '\n';
        buffer_append_byte(value, *rest->at);
    }
    if (!skip(rest, "'")) {
        return "its quote is not closed";
    }
    return rest->at == rest->end || *rest->at == '\n' ? NULL : END;
}

/* A run of backslashes; before a # half of them are escapes. */
static void read_backslashes(struct rest *rest, struct buffer *value) {
    const char *start = rest->at;
    size_t count;

    while (rest->at < rest->end && *rest->at == '\\') {
        rest->at++;
    }
    count = (size_t)(rest->at - start);
    if (rest->at < rest->end && *rest->at == '#') {
        count = count / 2;
        buffer_append(value, start, count);
        buffer_append_byte(value, *rest->at++);
        return;
    }
    buffer_append(value, start, count);
}

/* Reads to the newline. Returns NULL, or what is wrong. */
static const char *read_make(struct rest *rest, struct buffer *value) {
    while (rest->at < rest->end && *rest->at != '\n') {
        if (*rest->at == '\\') {
            read_backslashes(rest, value);
        } else if (*rest->at != '$') {
            buffer_append_byte(value, *rest->at++);
        } else if (skip(rest, "$$")) {
            buffer_append_byte(value, '$');
        } else {
            return skip(rest, ENV_SCRIPT_MAKE_END) && (rest->at == rest->end || *rest->at == '\n')
                           ? NULL
                           : END;
        }
    }
    return NULL;
}

/* One entry. `rest` stands at the beginning of a line that is no comment. */
static void read_entry(struct rest *rest, bool is_fish, struct env_parsed *parsed) {
    const size_t line = rest->line;
    bool begins_well = !is_fish || skip(rest, ENV_SCRIPT_FISH_SET);
    const char *name = rest->at;
    size_t len = begins_well ? env_parsed_name_len(rest->at, rest->end) : 0;
    struct env_parsed_entry *entry;
    const char *wrong;

    rest->at += len;
    if (len == 0 || !skip(rest, is_fish ? " '" : ENV_SCRIPT_MAKE_IS)) {
        env_parsed_fault(parsed, line, "%s",
                is_fish ? "it is no 'set -gx NAME ...' as ghostctl export writes it"
                        : "it is no 'NAME := ...' as ghostctl export writes it");
        return;
    }
    entry = env_parsed_add(parsed, name, len, line);
    wrong = is_fish ? read_fish(rest, &entry->value) : read_make(rest, &entry->value);
    wrong = wrong != NULL ? wrong : env_parsed_judge(&entry->value);
    if (wrong != NULL) {
        env_parsed_fault(parsed, line, "%s: %s", entry->name, wrong);
        env_parsed_drop(parsed);
    }
}

void env_parse_script(
        const char *text, size_t len, const struct env_format *format, struct env_parsed *parsed) {
    struct rest rest = {.at = text, .end = text + len, .line = 1};

    for (; rest.at < rest.end; skip_line(&rest)) {
        if (*rest.at != '#' && *rest.at != '\n') {
            read_entry(&rest, format->reading == ENV_READING_FISH, parsed);
        }
    }
}

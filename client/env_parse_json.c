/* The flat JSON of env_parse.h. jansson does not tell where a member stands: it is named. */
#include "env_parse.h"

#include <string.h>

#include <jansson.h>

#define SHOWN_MAX_BYTES 100

static void take_member(struct env_parsed *parsed, const char *name, const json_t *value) {
    struct env_parsed_entry *entry;
    int shown = strlen(name) < SHOWN_MAX_BYTES ? (int)strlen(name) : SHOWN_MAX_BYTES;

    if (json_is_object(value) || json_is_array(value)) {
        env_parsed_fault(parsed, 0, "'%.*s' is not flat: only text, integers and booleans are read",
                shown, name);
        return;
    }
    if (json_is_null(value)) {
        env_parsed_fault(parsed, 0, "'%.*s' is null: leave it out, or make it \"\"", shown, name);
        return;
    }
    if (json_is_real(value)) {
        env_parsed_fault(parsed, 0,
                "'%.*s' is a fraction, whose digits could change: put it in \"\"", shown, name);
        return;
    }
    entry = env_parsed_add(parsed, name, strlen(name), 0);
    if (json_is_string(value)) {
        buffer_append(&entry->value, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        buffer_printf(&entry->value, "%lld", (long long)json_integer_value(value));
    } else {
        buffer_append_text(&entry->value, json_is_true(value) ? "true" : "false");
    }
}

void env_parse_json(const char *text, size_t length, struct env_parsed *parsed) {
    json_error_t error;
    json_auto_t *document =
            json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    const char *name;
    json_t *value;

    if (document == NULL) {
        /* jansson's own sentence may quote what it could not read. */
        env_parsed_fault(parsed, error.line > 0 ? (size_t)error.line : 1,
                json_error_code(&error) == json_error_duplicate_key
                        ? "this member stands there twice (before column %d)"
                        : "it is not JSON from column %d on",
                error.column);
        return;
    }
    if (!json_is_object(document)) {
        env_parsed_fault(parsed, 1, "it is not one JSON object");
        return;
    }
    json_object_foreach(document, name, value) {
        take_member(parsed, name, value);
    }
}

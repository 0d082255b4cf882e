/* For programs: one object, names in order. JSON has no comments, so the file has no mark. */
#include <ghostkey/protocol.h>

#include "common/json_writer.h"
#include "env/env_format.h"

static void write_begin(struct buffer *text) {
    buffer_append_byte(text, '{');
}

static void write_entry(struct buffer *text, const struct env_entry *entry, bool first) {
    buffer_append_text(text, first ? "\n" : ",\n");
    buffer_printf(text, "  \"%s\": ", entry->env);
    json_write_text(text, (struct span){entry->value, entry->value_len});
}

static void write_end(struct buffer *text, bool any) {
    buffer_append_text(text, any ? "\n}\n" : "}\n");
}

const struct env_format env_format_json = {
        .name = "json",
        .readers = "your own program: one JSON object",
        .file = GK_ENV_FILE ".json",
        .suffix = ".ghost.json",
        .refusal = env_format_refuse_binary,
        .write_begin = write_begin,
        .write_entry = write_entry,
        .write_end = write_end,
};

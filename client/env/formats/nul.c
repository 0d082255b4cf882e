/* For programs: NAME=value and a NUL each, as in /proc/PID/environ. It has no place for a mark. */
#include "env/env_format.h"

#include <ghostkey/protocol.h>

static void write_entry(struct buffer *text, const struct env_entry *entry, bool first) {
    buffer_append_text(text, entry->env);
    buffer_append_byte(text, '=');
    buffer_append(text, entry->value, entry->value_len);
    buffer_append_byte(text, '\0');
}

const struct env_format env_format_nul = {
        .name = "nul",
        .readers = "your own program: NAME=value and a NUL for each",
        .file = GK_ENV_FILE ".nul",
        .suffix = ".ghost.nul",
        .refusal = env_format_refuse_nul,
        .write_entry = write_entry,
};

/*
 * For programs: `NAME=value` and a NUL for each secret, as in /proc/PID/environ. Every byte belongs
 * to an entry, so the file cannot begin with ENV_FORMAT_MARK.
 */
#include <ghostkey/protocol.h>

#include "env/env_format.h"

static void write_entry(struct buffer *text, const struct env_entry *entry, bool first) {
    buffer_append_text(text, entry->env);
    buffer_append_byte(text, '=');
    buffer_append(text, entry->value, entry->value_len);
    buffer_append_byte(text, '\0');
}

const struct env_format env_format_nul = {
        .name = "nul",
        .readers = "your own program: NAME=value for each secret, then a NUL",
        .file = GK_ENV_FILE ".nul",
        .suffix = ".ghost.nul",
        .refusal = env_format_refuse_nul,
        .write_entry = write_entry,
};

/* For shells, `set -a; . ./.env.ghost`: '…' holds every byte but ' and NUL. */
#include "env/env_format.h"
#include "env/env_value.h"

static enum env_refusal refusal(const struct env_entry *entry) {
    return env_value_has_byte(entry->value, entry->value_length, '\0') ? ENV_REFUSAL_NUL
                                                                       : ENV_REFUSAL_NONE;
}

static void append_value(struct buffer *text, const char *value, size_t length) {
    if (env_value_is_bare(value, length)) {
        buffer_append(text, value, length);
        return;
    }
    buffer_append_byte(text, '\'');
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '\'') {
            buffer_append_text(text, "'\"'\"'");
        } else {
            buffer_append_byte(text, value[i]);
        }
    }
    buffer_append_byte(text, '\'');
}

const struct env_format env_format_shell = {
        .name = "shell",
        .readers = "sh, bash, zsh and other shells",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .holds_returns = true,
        .refusal = refusal,
        .append_value = append_value,
};

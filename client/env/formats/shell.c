/* For shells, `set -a; . ./.env.ghost`: '…' holds every byte but ' and NUL. */
#include "env/env_format.h"
#include "env/env_value.h"

static void append_value(struct buffer *text, const char *value, size_t len) {
    if (env_value_is_bare(value, len)) {
        buffer_append(text, value, len);
        return;
    }
    buffer_append_byte(text, '\'');
    for (size_t i = 0; i < len; i++) {
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
        .readers = "sh, bash, zsh and other shells: set -a; . ./.env.ghost",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .holds_returns = true,
        .refusal = env_format_refuse_nul,
        .append_value = append_value,
};

/* For env_file of Docker Compose v2, and just. */
#include "env/env_format.h"
#include "env/env_value.h"

static enum env_refusal refusal(const struct env_entry *entry) {
    if (env_value_has_byte(entry->value, entry->value_len, '\0')) {
        return ENV_REFUSAL_NUL;
    }
    return env_value_is_utf8(entry->value, entry->value_len) ? ENV_REFUSAL_NONE
                                                             : ENV_REFUSAL_NOT_UTF8;
}

static void append_value(struct buffer *text, const char *value, size_t len) {
    env_value_append_escaped(text, value, len, "\\\"$");
}

const struct env_format env_format_compose = {
        .name = "compose",
        .readers = "Docker Compose v2, just",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .holds_returns = true,
        .refusal = refusal,
        .append_value = append_value,
};

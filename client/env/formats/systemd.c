/*
 * For EnvironmentFile= of systemd. One value that is not UTF-8 as systemd sees it and the unit does
 * not start.
 */
#include "env/env_format.h"
#include "env/env_value.h"

static enum env_refusal refusal(const struct env_entry *entry) {
    if (env_value_has_byte(entry->value, entry->value_length, '\0')) {
        return ENV_REFUSAL_NUL;
    }
    if (!env_value_is_utf8(entry->value, entry->value_length)) {
        return ENV_REFUSAL_NOT_UTF8;
    }
    return env_value_has_noncharacter(entry->value, entry->value_length) ? ENV_REFUSAL_NONCHARACTER
                                                                         : ENV_REFUSAL_NONE;
}

static void append_value(struct buffer *text, const char *value, size_t length) {
    if (env_value_is_bare(value, length)) {
        buffer_append(text, value, length);
    } else {
        env_value_append_escaped(text, value, length, "\\\"$`");
    }
}

const struct env_format env_format_systemd = {
        .name = "systemd",
        .readers = "EnvironmentFile=",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .holds_returns = true,
        .refusal = refusal,
        .append_value = append_value,
};

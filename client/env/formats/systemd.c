/*
 * For EnvironmentFile= of systemd. A unit does not start if one value of the file is not UTF-8, or
 * holds a noncharacter of Unicode: systemd does not count that as UTF-8.
 */
#include "env/env_format.h"
#include "env/env_value.h"

static enum env_refusal refusal(const struct env_entry *entry) {
    enum env_refusal refused = env_format_refuse_binary(entry);

    if (refused != ENV_REFUSAL_NONE) {
        return refused;
    }
    return env_value_has_noncharacter(entry->value, entry->value_len) ? ENV_REFUSAL_NONCHARACTER
                                                                      : ENV_REFUSAL_NONE;
}

static void append_value(struct buffer *text, const char *value, size_t len) {
    if (env_value_is_bare(value, len)) {
        buffer_append(text, value, len);
    } else {
        env_value_append_escaped(text, value, len, "\\\"$`");
    }
}

const struct env_format env_format_systemd = {
        .name = "systemd",
        .readers = "EnvironmentFile= of a unit",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .holds_returns = true,
        .refusal = refusal,
        .append_value = append_value,
};

/*
 * For --env-file of docker and podman, kubectl, and compose's `format: raw`: the value is whatever
 * stands between the = and the end of the line.
 */
#include <string.h>

#include "env/env_format.h"
#include "env/env_value.h"

#define LINE_MAX_BYTES 65535 /* at a longer line kubectl stops reading without an error */

static enum env_refusal refusal(const struct env_entry *entry) {
    size_t len = entry->value_len;
    enum env_refusal refused = env_format_refuse_binary(entry);

    if (refused != ENV_REFUSAL_NONE) {
        return refused;
    }
    if (env_value_has_byte(entry->value, len, '\n')) {
        return ENV_REFUSAL_NEWLINE;
    }
    if (len > 0 && entry->value[len - 1] == '\r') {
        return ENV_REFUSAL_CARRIAGE_RETURN;
    }
    return strlen(entry->env) + 1 + len > LINE_MAX_BYTES ? ENV_REFUSAL_LINE_TOO_LONG
                                                         : ENV_REFUSAL_NONE;
}

static void append_value(struct buffer *text, const char *value, size_t len) {
    buffer_append(text, len > 0 ? value : "", len);
}

const struct env_format env_format_docker = {
        .name = "docker",
        .readers = "--env-file of docker and podman, kubectl, compose's format: raw",
        .is_marked = true,
        .reading = ENV_READING_RAW,
        .holds_returns = true,
        .refusal = refusal,
        .append_value = append_value,
};

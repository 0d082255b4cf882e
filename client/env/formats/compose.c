/* For env_file of Docker Compose v2, and just. */
#include "env/env_format.h"
#include "env/env_value.h"

static void append_value(struct buffer *text, const char *value, size_t len) {
    env_value_append_escaped(text, value, len, "\\\"$");
}

const struct env_format env_format_compose = {
        .name = "compose",
        .readers = "Docker Compose v2, just",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .holds_returns = true,
        .refusal = env_format_refuse_binary,
        .append_value = append_value,
};

/*
 * For python-dotenv with interpolate=False, and phpdotenv. python-dotenv takes a backslash before
 * the closing quote for an escape if there is another quote later in the file, so a value that ends
 * with one is written without quotes or refused.
 */
#include <string.h>

#include "env/env_format.h"
#include "env/env_value.h"

static enum env_refusal refusal(const struct env_entry *entry) {
    enum env_refusal refused = env_format_refuse_binary(entry);

    if (refused != ENV_REFUSAL_NONE) {
        return refused;
    }
    return env_value_ends_with_backslash(entry->value, entry->value_len) &&
                           !env_value_is_word(entry->value, entry->value_len)
                   ? ENV_REFUSAL_BACKSLASH_END
                   : ENV_REFUSAL_NONE;
}

static void append_value(struct buffer *text, const char *value, size_t len) {
    static const char bytes[] = "\\\"\n\r";
    static const char letters[] = "\\\"nr";

    if (env_value_ends_with_backslash(value, len)) {
        buffer_append(text, value, len);
        return;
    }
    buffer_append_byte(text, '"');
    for (size_t i = 0; i < len; i++) {
        const char *special = strchr(bytes, value[i]);

        if (special != NULL) {
            buffer_append_byte(text, '\\');
            buffer_append_byte(text, letters[special - bytes]);
        } else {
            buffer_append_byte(text, value[i]);
        }
    }
    buffer_append_byte(text, '"');
}

const struct env_format env_format_python = {
        .name = "python",
        .readers = "python-dotenv with interpolate=False, phpdotenv",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .refusal = refusal,
        .append_value = append_value,
};

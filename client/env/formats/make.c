/*
 * For `include .env.ghost` in GNU make: `NAME := text`. make expands $, begins a comment at #,
 * joins a line that ends with a backslash to the next one, and drops blanks at either end, to which
 * a carriage return belongs.
 */
#include <string.h>

#include "env/env_format.h"
#include "env/env_script.h"
#include "env/env_value.h"

static bool is_blank(char byte) {
    return byte != '\0' && strchr(" \t\v\f\r", byte) != NULL;
}

static enum env_refusal refusal(const struct env_entry *entry) {
    size_t len = entry->value_len;
    enum env_refusal refused = env_format_refuse_binary(entry);

    if (refused != ENV_REFUSAL_NONE) {
        return refused;
    }
    if (env_value_has_byte(entry->value, len, '\n')) {
        return ENV_REFUSAL_NEWLINE;
    }
    return len > 0 && (is_blank(entry->value[0]) || is_blank(entry->value[len - 1]))
                   ? ENV_REFUSAL_BLANKS
                   : ENV_REFUSAL_NONE;
}

/* Before a # make halves the backslashes, and an odd number of them makes the # plain text. */
static void append_hash(struct buffer *text, size_t backslashes) {
    for (size_t i = 0; i < backslashes; i++) {
        buffer_append_byte(text, '\\');
    }
    buffer_append_text(text, "\\#");
}

static void write_entry(struct buffer *text, const struct env_entry *entry, bool first) {
    size_t backslashes = 0; /* right before the current byte */
    char last = entry->value_len > 0 ? entry->value[entry->value_len - 1] : '\0';

    (void)first;
    buffer_printf(text, "%s" ENV_SCRIPT_MAKE_IS, entry->env);
    for (size_t i = 0; i < entry->value_len; i++) {
        char byte = entry->value[i];

        if (byte == '#') {
            append_hash(text, backslashes);
        } else if (byte == '$') {
            buffer_append_text(text, "$$");
        } else {
            buffer_append_byte(text, byte);
        }
        backslashes = byte == '\\' ? backslashes + 1 : 0;
    }
    if (last == '\\') {
        buffer_append_text(text, ENV_SCRIPT_MAKE_END);
    }
    buffer_append_byte(text, '\n');
}

const struct env_format env_format_make = {
        .name = "make",
        .readers = "GNU make: include .env.ghost",
        .is_marked = true,
        .reading = ENV_READING_MAKE,
        .holds_returns = true,
        .refusal = refusal,
        .write_entry = write_entry,
};

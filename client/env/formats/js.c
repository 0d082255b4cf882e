/*
 * For JavaScript: npm dotenv, node --env-file, deno; and `js-expand` for programs that also run
 * dotenv-expand (Vite, Next, dotenv-cli). Inside any quotes that reads \$ as $.
 *
 * These readers have no escape for a quote, so the quote is one that the value does not hold. deno
 * has none for $ either: it expands each $ that is not in '…' or in backquotes.
 */
#include "env/env_format.h"
#include "env/env_value.h"

/* The quote that the value does not hold; 0: none is needed. */
static char quote_for(const char *value, size_t len) {
    if (env_value_is_bare(value, len) ||
            (env_value_ends_with_backslash(value, len) && env_value_is_word(value, len))) {
        return '\0';
    }
    if (!env_value_has_byte(value, len, '\'')) {
        return '\'';
    }
    return env_value_has_byte(value, len, '`') ? '"' : '`';
}

/* The values that neither format can carry. */
static enum env_refusal refusal_common(const struct env_entry *entry) {
    const char *value = entry->value;
    size_t len = entry->value_len;
    bool single = env_value_has_byte(value, len, '\'');
    bool back = env_value_has_byte(value, len, '`');
    enum env_refusal refused = env_format_refuse_binary(entry);

    if (refused != ENV_REFUSAL_NONE) {
        return refused;
    }
    if (env_value_has_byte(value, len, '\r')) {
        return ENV_REFUSAL_CARRIAGE_RETURN;
    }
    if (single && back && env_value_has_byte(value, len, '"')) {
        return ENV_REFUSAL_ALL_QUOTES;
    }
    if (single && env_value_has_text(value, len, "$(")) {
        return ENV_REFUSAL_COMMAND;
    }
    /* dotenv takes \ before the closing quote for an escape if there is another quote later. */
    if (quote_for(value, len) != '\0' && env_value_ends_with_backslash(value, len)) {
        return ENV_REFUSAL_BACKSLASH_END;
    }
    return quote_for(value, len) == '"' && (env_value_has_text(value, len, "\\n") ||
                                                   env_value_has_text(value, len, "\\r"))
                   ? ENV_REFUSAL_ESCAPE
                   : ENV_REFUSAL_NONE;
}

static enum env_refusal refusal(const struct env_entry *entry) {
    enum env_refusal refused = refusal_common(entry);
    char quote = quote_for(entry->value, entry->value_len);

    if (refused == ENV_REFUSAL_NONE && (quote == '\0' || quote == '"') &&
            env_value_has_byte(entry->value, entry->value_len, '$')) {
        return ENV_REFUSAL_DOLLAR;
    }
    return refused;
}

static enum env_refusal refusal_expand(const struct env_entry *entry) {
    enum env_refusal refused = refusal_common(entry);

    if (refused == ENV_REFUSAL_NONE && env_value_has_text(entry->value, entry->value_len, "$(")) {
        return ENV_REFUSAL_COMMAND;
    }
    return refused;
}

static void append_value(struct buffer *text, const char *value, size_t len) {
    char quote = quote_for(value, len);

    if (quote == '\0') {
        buffer_append(text, len > 0 ? value : "", len);
    } else {
        env_value_append_quoted(text, value, len, quote);
    }
}

static void append_value_expand(struct buffer *text, const char *value, size_t len) {
    BUFFER_AUTO struct buffer escaped = BUFFER_NULL;

    for (size_t i = 0; i < len; i++) {
        if (value[i] == '$') {
            buffer_append_byte(&escaped, '\\');
        }
        buffer_append_byte(&escaped, value[i]);
    }
    append_value(text, buffer_string(&escaped), escaped.len);
}

const struct env_format env_format_js = {
        .name = "js",
        .readers = "npm dotenv, node --env-file, deno",
        .is_marked = true,
        .reading = ENV_READING_VERBATIM,
        .refusal = refusal,
        .append_value = append_value,
};

const struct env_format env_format_js_expand = {
        .name = "js-expand",
        .readers = "Vite, Next, dotenv-expand, dotenv-cli",
        .is_marked = true,
        .reading = ENV_READING_DOLLARS,
        .refusal = refusal_expand,
        .append_value = append_value_expand,
};

/*
 * The default format: read byte for byte by every shell and by systemd, and by as many other
 * readers as one text per value can reach. The style is a function of the value alone:
 *
 *   bare      where no reader could see anything special;
 *   '…'       wherever the value has no ', because more readers leave $ alone in it;
 *   "…"       otherwise, with \ before each of \ " $ `; also for a newline without any of those,
 *             which one more reader then understands (PEM keys).
 *
 * Many readers lose or change a carriage return, and one would run $( in a value with ': both are
 * refused.
 */
#include <string.h>

#include "env/env_format.h"
#include "env/env_value.h"

#define SPECIAL "\\\"$`" /* what "…" needs a backslash before */

enum style {
    STYLE_BARE,
    STYLE_SINGLE,
    STYLE_DOUBLE,
};

/* Only for values that are not refused: without NUL, so strspn() reads to their end. */
static enum style style_of(const char *value, size_t len) {
    if (env_value_is_bare(value, len)) {
        return STYLE_BARE;
    }
    if (env_value_has_byte(value, len, '\'')) {
        return STYLE_DOUBLE;
    }
    return env_value_has_byte(value, len, '\n') && !env_value_has_any(value, len, SPECIAL)
                   ? STYLE_DOUBLE
                   : STYLE_SINGLE;
}

static enum env_refusal refusal(const struct env_entry *entry) {
    const char *value = entry->value;
    size_t len = entry->value_len;
    enum env_refusal refused = env_format_refuse_binary(entry);

    if (refused != ENV_REFUSAL_NONE) {
        return refused;
    }
    if (env_value_has_noncharacter(value, len)) {
        return ENV_REFUSAL_NONCHARACTER;
    }
    if (env_value_has_byte(value, len, '\r')) {
        return ENV_REFUSAL_CARRIAGE_RETURN;
    }
    if (env_value_has_byte(value, len, '\'') && env_value_has_text(value, len, "$(")) {
        return ENV_REFUSAL_COMMAND;
    }
    return ENV_REFUSAL_NONE;
}

/* `$` before a letter, digit, '_' or '{'. */
static bool has_expansion(const char *value) {
    for (const char *dollar = strchr(value, '$'); dollar != NULL;
            dollar = strchr(dollar + 1, '$')) {
        if (dollar[1] != '\0' &&
                strchr(ENV_VALUE_LETTERS ENV_VALUE_DIGITS "_{", dollar[1]) != NULL) {
            return true;
        }
    }
    return false;
}

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t");
}

/* `NAME =`, with or without `export` before it. */
static bool is_like_variable(const char *line) {
    static const char export[] = "export";
    const char *name = skip_blanks(line);
    const char *after;

    if (strncmp(name, export, strlen(export)) == 0) {
        after = name + strlen(export);
        name = *after == ' ' || *after == '\t' ? skip_blanks(after) : name;
    }
    after = name + strspn(name, ENV_VALUE_LETTERS ENV_VALUE_DIGITS "_.-");
    return after > name && *skip_blanks(after) == '=';
}

/* A line after the first that a reader going line by line would take for a variable. */
static bool has_line_like_variable(const char *value) {
    for (const char *newline = strchr(value, '\n'); newline != NULL;
            newline = strchr(newline + 1, '\n')) {
        if (is_like_variable(newline + 1)) {
            return true;
        }
    }
    return false;
}

static char quote_of(const char *value, size_t len) {
    switch (style_of(value, len)) {
    case STYLE_SINGLE:
        return '\'';
    case STYLE_DOUBLE:
        return '"';
    default:
        return '\0';
    }
}

/*
 * Some readers take a backslash before the closing quote for an escape, if that quote stands once
 * more in the file, and misread everything up to there. *open is the quote that they look for.
 */
static uint32_t backslash_warnings(const char *value, size_t len, char *open) {
    bool was_open = *open != '\0';
    char quote = quote_of(value, len);

    if (was_open && (quote == *open || env_value_has_byte(value, len, *open))) {
        *open = '\0';
    }
    if (quote == '\0' || !env_value_ends_with_backslash(value, len)) {
        return (uint32_t)was_open << ENV_WARNING_AFTER_BACKSLASH;
    }
    *open = quote;
    return (uint32_t)was_open << ENV_WARNING_AFTER_BACKSLASH | UINT32_C(1)
                                                                       << ENV_WARNING_BACKSLASH_END;
}

static uint32_t warnings(const char *value, size_t len, char *open) {
    bool single = env_value_has_byte(value, len, '\'');
    bool double_backslash = env_value_has_text(value, len, "\\\\");
    uint32_t bits = backslash_warnings(value, len, open);

    bits |= (uint32_t)has_expansion(value) << ENV_WARNING_EXPANDS;
    bits |= (uint32_t)env_value_has_text(value, len, "$(") << ENV_WARNING_COMMAND;
    bits |= (uint32_t)(single && env_value_has_byte(value, len, '"')) << ENV_WARNING_QUOTES_BOTH;
    bits |= (uint32_t)(single && env_value_has_byte(value, len, '\\')) << ENV_WARNING_SQUOTE_ESCAPE;
    bits |= (uint32_t)(single && env_value_has_any(value, len, "`$")) << ENV_WARNING_SQUOTE_DOLLAR;
    bits |= (uint32_t)env_value_has_byte(value, len, '\n') << ENV_WARNING_NEWLINE;
    bits |= (uint32_t)has_line_like_variable(value) << ENV_WARNING_NEWLINE_NAME;
    bits |= (uint32_t)(!single && double_backslash) << ENV_WARNING_BACKSLASH_PAIR;
    return bits;
}

static void append_value(struct buffer *text, const char *value, size_t len) {
    switch (style_of(value, len)) {
    case STYLE_BARE:
        buffer_append(text, value, len);
        break;
    case STYLE_SINGLE:
        env_value_append_quoted(text, value, len, '\'');
        break;
    case STYLE_DOUBLE:
        env_value_append_escaped(text, value, len, SPECIAL);
        break;
    }
}

const struct env_format env_format_portable = {
        .name = "portable",
        .readers = "shells, systemd, and as many dotenv readers as possible",
        .is_marked = true,
        .reading = ENV_READING_DOTENV,
        .refusal = refusal,
        .warnings = warnings,
        .append_value = append_value,
};

/*
 * What the formats ask about a value, and how they quote one. A value is `len` bytes that may
 * hold anything, NUL included, and are followed by a NUL.
 */
#ifndef GHOSTCTL_ENV_VALUE_H
#define GHOSTCTL_ENV_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

#define ENV_VALUE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define ENV_VALUE_DIGITS "0123456789"

bool env_value_has_byte(const char *value, size_t len, char byte);
bool env_value_has_any(const char *value, size_t len, const char *bytes);
bool env_value_has_text(const char *value, size_t len, const char *text);

/*
 * Empty, or only A-Z a-z 0-9 _ . / : @ % + , = - with no '=' first and none behind a ':', where zsh
 * would look for a program of that name: needs no quotes anywhere.
 */
bool env_value_is_bare(const char *value, size_t len);

bool env_value_is_utf8(const char *value, size_t len);

/*
 * UTF-8 with one of the 66 code points that stand for no character, as U+FFFE. systemd takes them
 * for broken text.
 */
bool env_value_has_noncharacter(const char *value, size_t len);

bool env_value_ends_with_backslash(const char *value, size_t len);

/* Printable ASCII without blanks, quotes and #: where a backslash is only a backslash in bare text,
 * as it is for readers that are no shells, a value may stand so that ends with one. */
bool env_value_is_word(const char *value, size_t len);

void env_value_append_quoted(struct buffer *text, const char *value, size_t len, char quote);

/* In "…", with a backslash before each of the bytes `special`. */
void env_value_append_escaped(
        struct buffer *text, const char *value, size_t len, const char *special);

#endif

/*
 * What the formats look for in a value, and how they quote one. A value has `len` bytes of any
 * kind, NUL included; another NUL follows.
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
 * Whether the value needs no quotes for any reader: it is empty, or has only
 * A-Z a-z 0-9 _ . / : @ % + , = - with no '=' first and none behind a ':', where zsh would look for
 * a program of that name.
 */
bool env_value_is_bare(const char *value, size_t len);

bool env_value_is_utf8(const char *value, size_t len);

/*
 * Whether the UTF-8 has one of the 66 code points that Unicode assigns to no character, such as
 * U+FFFE. systemd rejects them.
 */
bool env_value_has_noncharacter(const char *value, size_t len);

bool env_value_ends_with_backslash(const char *value, size_t len);

/*
 * Whether the value is printable ASCII without blanks, quotes and #. Readers other than shells read
 * it unchanged without quotes, even if it ends with a backslash.
 */
bool env_value_is_word(const char *value, size_t len);

void env_value_append_quoted(struct buffer *text, const char *value, size_t len, char quote);

/* In "…", with a backslash before each of the bytes `special`. */
void env_value_append_escaped(
        struct buffer *text, const char *value, size_t len, const char *special);

#endif

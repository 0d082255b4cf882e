/*
 * Whether bytes are UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing past U+10FFFF).
 */
#ifndef GHOSTKEY_UTF8_H
#define GHOSTKEY_UTF8_H

#include "common/span.h"

/* The length of the first character of text, 1 to 4; 0 if it is not whole or not valid. */
size_t utf8_character(const char *text, size_t len);

/* How many bytes from the start of text are UTF-8: all of them, or those before the first fault. */
size_t utf8_valid_bytes(struct span text);

static inline bool utf8_is_valid(struct span text) {
    return utf8_valid_bytes(text) == text.len;
}

#endif

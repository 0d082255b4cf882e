#include "env/env_value.h"

#include <string.h>

#include "common/utf8.h"

bool env_value_has_byte(const char *value, size_t length, char byte) {
    return length > 0 && memchr(value, byte, length) != NULL;
}

bool env_value_has_any(const char *value, size_t length, const char *bytes) {
    for (; *bytes != '\0'; bytes++) {
        if (env_value_has_byte(value, length, *bytes)) {
            return true;
        }
    }
    return false;
}

bool env_value_has_text(const char *value, size_t length, const char *text) {
    return length > 0 && memmem(value, length, text, strlen(text)) != NULL;
}

bool env_value_is_bare(const char *value, size_t length) {
    static const char plain[] = ENV_VALUE_LETTERS ENV_VALUE_DIGITS "_./:@%+,=-";

    return length == 0 || (value[0] != '=' && strspn(value, plain) == length &&
                                  memmem(value, length, ":=", 2) == NULL);
}

bool env_value_is_utf8(const char *value, size_t length) {
    return utf8_is_valid((struct span){value, length});
}

bool env_value_has_noncharacter(const char *value, size_t length) {
    const unsigned char *bytes = (const unsigned char *)value;

    for (size_t i = 0; i + 2 < length; i++) {
        /* U+FDD0 to U+FDEF; U+xxFFFE and U+xxFFFF end in ?F BF BE and ?F BF BF. */
        bool in_block = bytes[i] == 0xEF && bytes[i + 1] == 0xB7 && bytes[i + 2] >= 0x90 &&
                        bytes[i + 2] <= 0xAF;
        bool at_end = bytes[i + 1] == 0xBF && bytes[i + 2] >= 0xBE &&
                      (bytes[i] == 0xEF || (i > 0 && bytes[i - 1] >= 0xF0 && bytes[i] % 16 == 15));

        if (in_block || at_end) {
            return true;
        }
    }
    return false;
}

bool env_value_ends_with_backslash(const char *value, size_t length) {
    return length > 0 && value[length - 1] == '\\';
}

bool env_value_is_word(const char *value, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '!' || value[i] > '~' || strchr("#'\"`", value[i]) != NULL) {
            return false;
        }
    }
    return true;
}

void env_value_append_quoted(struct buffer *text, const char *value, size_t length, char quote) {
    buffer_append_byte(text, quote);
    buffer_append(text, length > 0 ? value : "", length);
    buffer_append_byte(text, quote);
}

void env_value_append_escaped(
        struct buffer *text, const char *value, size_t length, const char *special) {
    buffer_append_byte(text, '"');
    for (size_t i = 0; i < length; i++) {
        if (strchr(special, value[i]) != NULL) {
            buffer_append_byte(text, '\\');
        }
        buffer_append_byte(text, value[i]);
    }
    buffer_append_byte(text, '"');
}

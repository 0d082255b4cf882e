#include "env/env_value.h"

#include <string.h>

#include "common/utf8.h"

bool env_value_has_byte(const char *value, size_t len, char byte) {
    return len > 0 && memchr(value, byte, len) != NULL;
}

bool env_value_has_any(const char *value, size_t len, const char *bytes) {
    for (; *bytes != '\0'; bytes++) {
        if (env_value_has_byte(value, len, *bytes)) {
            return true;
        }
    }
    return false;
}

/* Most values lack the first byte, and memchr() finds that sooner than memmem(). */
bool env_value_has_text(const char *value, size_t len, const char *text) {
    const char *at = len > 0 ? memchr(value, text[0], len) : NULL;

    return at != NULL && memmem(at, len - (size_t)(at - value), text, strlen(text)) != NULL;
}

static bool is_plain(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '+' && byte <= ':') || byte == '_' || byte == '=' || byte == '@' || byte == '%';
}

bool env_value_is_bare(const char *value, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_plain(value[i]) || (value[i] == '=' && (i == 0 || value[i - 1] == ':'))) {
            return false;
        }
    }
    return true;
}

bool env_value_is_utf8(const char *value, size_t len) {
    return utf8_is_valid((struct span){value, len});
}

bool env_value_has_noncharacter(const char *value, size_t len) {
    const unsigned char *bytes = (const unsigned char *)value;

    for (size_t i = 0; i + 2 < len; i++) {
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

bool env_value_ends_with_backslash(const char *value, size_t len) {
    return len > 0 && value[len - 1] == '\\';
}

bool env_value_is_word(const char *value, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '!' || value[i] > '~' || strchr("#'\"`", value[i]) != NULL) {
            return false;
        }
    }
    return true;
}

void env_value_append_quoted(struct buffer *text, const char *value, size_t len, char quote) {
    buffer_append_byte(text, quote);
    buffer_append(text, len > 0 ? value : "", len);
    buffer_append_byte(text, quote);
}

void env_value_append_escaped(
        struct buffer *text, const char *value, size_t len, const char *special) {
    buffer_append_byte(text, '"');
    for (size_t i = 0; i < len; i++) {
        if (strchr(special, value[i]) != NULL) {
            buffer_append_byte(text, '\\');
        }
        buffer_append_byte(text, value[i]);
    }
    buffer_append_byte(text, '"');
}

/*
 * Strings of an answer: JSON text, base64, and the fixed text between them.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_REPLY_TEXT_H
#define GHOSTKEYD_API_GHOSTKEY_REPLY_TEXT_H

#include "common/buffer.h"

/* A JSON string, quotes included: UTF-8 as it is, only '"', '\' and control characters escaped. */
void reply_text(struct buffer *buffer, struct span text);

/* A JSON string of bytes in base64 (RFC 4648, section 4, padded), quotes included. */
void reply_base64(struct buffer *buffer, struct span bytes);

/* How many bytes reply_text() and reply_base64() write. */
size_t reply_text_bytes(struct span text);
size_t reply_base64_bytes(struct span bytes);

/* Text of a length the compiler knows, so that its copy is a few moves. */
#define reply_literal(buffer, text) reply_fixed((buffer), (text), sizeof(text) - 1)

__attribute__((always_inline)) static inline void reply_fixed(
        struct buffer *buffer, const char *text, size_t len) {
    bool fits = !buffer->broken && buffer->capacity - buffer->len > len;
    char *place =
            __builtin_expect(fits, 1) ? buffer->data + buffer->len : buffer_reserve(buffer, len);

    if (place == NULL) {
        return;
    }
    memcpy(place, text, len);
    buffer->len += len;
}

#endif

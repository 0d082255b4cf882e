/*
 * Writes the texts of JSON (RFC 8259), quotes included, into a buffer. Callers append all else with
 * buffer_append_literal().
 */
#ifndef GHOSTKEY_JSON_WRITER_H
#define GHOSTKEY_JSON_WRITER_H

#include "common/buffer.h"

/* Text is UTF-8, and stays so: only '"', '\' and control characters are escaped. */
void json_write_text(struct buffer *buffer, struct span text);

/* The same of a text that needs no escape: the name of a secret, a word of GhostKey's own. */
static inline void json_write_plain(struct buffer *buffer, struct span text) {
    char *place = buffer_reserve(buffer, text.len + 2);

    if (place != NULL) {
        place[0] = '"';
        memcpy(place + 1, text.data, text.len);
        place[text.len + 1] = '"';
        buffer_commit(buffer, text.len + 2);
    }
}

/* Any bytes in base64 (RFC 4648, section 4, padded). */
void json_write_base64(struct buffer *buffer, struct span bytes);

/* How many bytes json_write_text() and json_write_base64() append. */
size_t json_text_bytes(struct span text);
size_t json_base64_bytes(struct span bytes);

#endif

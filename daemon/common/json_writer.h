/*
 * Writes the texts of JSON (RFC 8259), quotes included, into a buffer. Callers append all else with
 * buffer_append_literal().
 */
#ifndef GHOSTKEY_JSON_WRITER_H
#define GHOSTKEY_JSON_WRITER_H

#include "common/buffer.h"

/* Text is UTF-8, and stays so: only '"', '\' and control characters are escaped. */
void json_write_text(struct buffer *buffer, struct span text);

/* Any bytes in base64 (RFC 4648, section 4, padded). */
void json_write_base64(struct buffer *buffer, struct span bytes);

/* How many bytes json_write_text() and json_write_base64() append. */
size_t json_text_bytes(struct span text);
size_t json_base64_bytes(struct span bytes);

#endif

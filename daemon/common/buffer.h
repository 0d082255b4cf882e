/*
 * Bytes that grow, and are wiped when they move or go. Whatever may hold a value is built in one.
 *
 * An append that finds no memory makes the buffer broken: it stays so, later appends do nothing,
 * and buffer_finish() says -ENOMEM. So a writer appends without looking and asks once at the end.
 */
#ifndef GHOSTKEYD_MODEL_BUFFER_H
#define GHOSTKEYD_MODEL_BUFFER_H

#include "common/span.h"
#include <stdint.h>

struct buffer {
    char *data;
    size_t len;
    size_t capacity;
    bool broken;
};

#define BUFFER_NULL ((struct buffer){0})
#define BUFFER_AUTO __attribute__((cleanup(buffer_deinit)))

/* Wipes and frees; the buffer is empty and usable afterwards. */
void buffer_deinit(struct buffer *buffer);

/* Wipes what is there and starts anew, the memory kept; a broken buffer is whole again. */
void buffer_clear(struct buffer *buffer);

/* Wipes and takes away what stands behind the first len bytes. */
void buffer_truncate(struct buffer *buffer, size_t len);

/* Room for more bytes behind what is there, or NULL (and broken). Nothing is added yet. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more);

/* Declares that len bytes of what was reserved were written. */
static inline void buffer_commit(struct buffer *buffer, size_t len) {
    buffer->len += len;
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len);
static inline void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_decimal(struct buffer *buffer, uint64_t number);

static inline void buffer_append_span(struct buffer *buffer, struct span span) {
    buffer_append(buffer, span.data, span.len);
}

/* What was built; valid until the next append. */
static inline struct span buffer_span(const struct buffer *buffer) {
    return (struct span){buffer->data, buffer->len};
}

/* 0, or -ENOMEM if any append failed. */
int buffer_finish(const struct buffer *buffer);

/* Makes the room that buffer_reserve() did not find. */
char *buffer_grow(struct buffer *buffer, size_t more);

/* Here, since an answer is hundreds of appends that find their room: a few moves each. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more) {
    if (__builtin_expect(
                buffer->data != NULL && !buffer->broken && buffer->capacity - buffer->len >= more,
                1)) {
        return buffer->data + buffer->len;
    }
    return buffer_grow(buffer, more);
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len) {
    char *place = buffer_reserve(buffer, len);

    if (place != NULL && len > 0) {
        memcpy(place, data, len);
        buffer->len += len;
    }
}

static inline void buffer_append_byte(struct buffer *buffer, char byte) {
    char *place = buffer_reserve(buffer, 1);

    if (place != NULL) {
        *place = byte;
        buffer->len += 1;
    }
}

#endif

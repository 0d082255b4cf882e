/*
 * A byte string that grows. The memory is wiped when it moves or is released, so each text that may
 * hold a value is built in a buffer.
 *
 * An append that finds no memory marks the buffer as broken. Later appends to it do nothing, and
 * buffer_finish() returns -ENOMEM, so a writer checks once, at the end. A program that sets
 * buffer_out_of_memory need not check.
 */
#ifndef GHOSTKEY_BUFFER_H
#define GHOSTKEY_BUFFER_H

#include <stdarg.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/span.h"

struct buffer {
    char *data;
    size_t len;
    size_t capacity;
    bool broken;
};

#define BUFFER_NULL ((struct buffer){0})
#define BUFFER_AUTO GK_CLEANUP(buffer_deinit)

/* Called when there is no memory; it does not return. NULL in the daemon. */
extern void (*buffer_out_of_memory)(void);

/* Wipes and frees; the buffer is empty and usable afterwards. */
void buffer_deinit(struct buffer *buffer);

/* Wipes the contents and keeps the memory. A broken buffer is usable again. */
void buffer_clear(struct buffer *buffer);

/* Keeps the first len bytes; wipes and removes the rest. */
void buffer_truncate(struct buffer *buffer, size_t len);

/*
 * Returns room for `more` bytes behind the contents; NULL if there is no memory, or if `more` is 0.
 * The length does not change.
 */
static inline char *buffer_reserve(struct buffer *buffer, size_t more);

/* Adds len bytes, which were written into the reserved room. */
static inline void buffer_commit(struct buffer *buffer, size_t len) {
    buffer->len += len;
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len);
static inline void buffer_append_byte(struct buffer *buffer, char byte);
/* Appends a string literal, whose length the compiler knows. */
#define buffer_append_literal(buffer, text) buffer_append((buffer), "" text, sizeof(text) - 1)
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_decimal(struct buffer *buffer, uint64_t number);
void buffer_printf(struct buffer *buffer, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));

static inline void buffer_append_span(struct buffer *buffer, struct span span) {
    buffer_append(buffer, span.data, span.len);
}

/* What was built; valid until the next append. */
static inline struct span buffer_span(const struct buffer *buffer) {
    return (struct span){buffer->data, buffer->len};
}

/* The same as a C string: a NUL follows, which len does not count. */
static inline const char *buffer_string(const struct buffer *buffer) {
    if (buffer->data == NULL) {
        return "";
    }
    buffer->data[buffer->len] = '\0'; /* there is always room for it */
    return buffer->data;
}

/* 0, or -ENOMEM if any append failed. */
int buffer_finish(const struct buffer *buffer);

/* Makes the room that buffer_reserve() did not find. */
char *buffer_grow(struct buffer *buffer, size_t more);

/* Inline, since an answer takes hundreds of appends, and most have room. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more) {
    if (__builtin_expect(!buffer->broken && buffer->capacity - buffer->len > more, 1)) {
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

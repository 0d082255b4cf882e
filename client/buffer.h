/*
 * A growing run of bytes that is wiped when it is released, because nearly everything ghostctl
 * holds is or contains a secret. Its bytes are always followed by a NUL that `length` does not
 * count. The owner declares it with AUTO_BUFFER.
 *
 * Running out of memory ends the program with a message and exit status 1: ghostctl does one thing
 * and has nothing to save.
 */
#ifndef GHOSTCTL_BUFFER_H
#define GHOSTCTL_BUFFER_H

#include "common/cleanup.h"
#include <stddef.h>

struct buffer {
    char *data; /* NULL until something was reserved */
    size_t length;
    size_t capacity;
};

#define AUTO_BUFFER GK_CLEANUP(buffer_deinit) struct buffer

void buffer_deinit(struct buffer *buffer);

/* Room for that many more bytes (and the NUL): where they go. Add them to `length` afterwards. */
char *buffer_reserve(struct buffer *buffer, size_t room);

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_printf(struct buffer *buffer, const char *format, ...)
        __attribute__((format(printf, 2, 3), nonnull));

/* Wiped and empty again, the room kept. */
void buffer_clear(struct buffer *buffer);

/* Heap memory that is there or the program ends. */
void *memory_resize(void *pointer, size_t count, size_t size);
char *memory_duplicate(const char *text, size_t length);

/* free() that wipes before; also what jansson is given. */
void memory_wipe_free(void *pointer);
static inline void memory_wipe_freep(void *place) {
    memory_wipe_free(*(void **)place);
}
#define AUTO_WIPE GK_CLEANUP(memory_wipe_freep)

#endif

#include "buffer.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>

#define BUFFER_FIRST_BYTES 256

static void __attribute__((noreturn)) die_of_memory(void) {
    static const char message[] = "ghostctl: out of memory\n";

    (void)!write(STDERR_FILENO, message, sizeof(message) - 1); /* the exit status says it too */
    _exit(GK_EXIT_FAILED);
}

void *memory_resize(void *pointer, size_t count, size_t size) {
    void *resized = reallocarray(pointer, count, size);

    if (resized == NULL) {
        die_of_memory();
    }
    return resized;
}

char *memory_duplicate(const char *text, size_t length) {
    char *copy = memory_resize(NULL, length + 1, 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void memory_wipe_free(void *pointer) {
    if (pointer != NULL) {
        explicit_bzero(pointer, malloc_usable_size(pointer));
        free(pointer);
    }
}

void buffer_deinit(struct buffer *buffer) {
    memory_wipe_free(buffer->data);
    *buffer = (struct buffer){0};
}

char *buffer_reserve(struct buffer *buffer, size_t room) {
    size_t wanted;
    size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST_BYTES : buffer->capacity;
    char *data;

    if (__builtin_add_overflow(buffer->length, room, &wanted) || wanted >= SIZE_MAX / 2) {
        die_of_memory();
    }
    if (buffer->data != NULL && wanted < buffer->capacity) {
        return buffer->data + buffer->length;
    }
    while (capacity <= wanted) {
        capacity *= 2;
    }
    /* Not realloc: it may leave a copy of the old bytes behind. */
    data = memory_resize(NULL, capacity, 1);
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->length);
        memory_wipe_free(buffer->data);
    }
    data[buffer->length] = '\0';
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
    char *room = buffer_reserve(buffer, length);

    if (length > 0) { /* nothing may be at no address */
        memcpy(room, bytes, length);
    }
    room[length] = '\0';
    buffer->length += length;
}

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, char byte) {
    buffer_append(buffer, &byte, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_list again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        char *room = buffer_reserve(buffer, (size_t)length);

        (void)vsnprintf(room, (size_t)length + 1, format, again); /* same length as just measured */
        buffer->length += (size_t)length;
    }
    va_end(again);
}

void buffer_clear(struct buffer *buffer) {
    if (buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->length);
    }
    buffer->length = 0;
}

#include "common/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_FIRST_BYTES 512

void (*buffer_out_of_memory)(void);

void buffer_deinit(struct buffer *buffer) {
    if (buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->capacity); /* with what was only reserved */
        free(buffer->data);
    }
    *buffer = BUFFER_NULL;
}

void buffer_clear(struct buffer *buffer) {
    if (buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->len);
    }
    buffer->len = 0;
    buffer->broken = false;
}

void buffer_truncate(struct buffer *buffer, size_t len) {
    if (len < buffer->len) {
        explicit_bzero(buffer->data + len, buffer->len - len);
        buffer->len = len;
    }
}

static char *find_no_memory(struct buffer *buffer) {
    if (buffer_out_of_memory != NULL) {
        buffer_out_of_memory();
    }
    buffer->broken = true;
    return NULL;
}

char *buffer_grow(struct buffer *buffer, size_t more) {
    size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST_BYTES : buffer->capacity * 2;
    char *data;

    if (buffer->broken || more == 0) {
        return NULL;
    }
    if (more > SIZE_MAX / 4 - buffer->len) {
        return find_no_memory(buffer);
    }
    if (capacity <= buffer->len + more) {
        capacity = buffer->len + more + 1; /* the NUL of buffer_string() */
    }
    /* not realloc(), which would leave the old bytes unwiped */
    data = malloc(capacity);
    if (data == NULL) {
        return find_no_memory(buffer);
    }
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->len);
        explicit_bzero(buffer->data, buffer->len);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->len;
}

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_decimal(struct buffer *buffer, uint64_t number) {
    char *place = buffer_reserve(buffer, DECIMAL_MAX_BYTES);

    if (place != NULL) {
        buffer_commit(buffer, decimal_format(number, place));
    }
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments) {
    va_list again;
    char *place = NULL;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, arguments);
    if (len > 0) {
        place = buffer_reserve(buffer, (size_t)len);
    }
    if (place != NULL) {
        (void)vsnprintf(place, (size_t)len + 1, format, again); /* the length just measured */
        buffer->len += (size_t)len;
    }
    va_end(again);
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

int buffer_finish(const struct buffer *buffer) {
    return buffer->broken ? -ENOMEM : 0;
}

#include "model/buffer.h"

#include <errno.h>
#include <stdlib.h>

#define BUFFER_FIRST_BYTES 512

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

char *buffer_reserve(struct buffer *buffer, size_t more) {
    size_t capacity = buffer->capacity;
    char *data;

    if (buffer->broken) {
        return NULL;
    }
    if (buffer->capacity - buffer->len >= more) {
        return buffer->data == NULL ? NULL : buffer->data + buffer->len; /* no room asked of none */
    }
    if (more > SIZE_MAX / 4 - buffer->len) {
        buffer->broken = true;
        return NULL;
    }
    capacity = capacity == 0 ? BUFFER_FIRST_BYTES : capacity * 2;
    if (capacity < buffer->len + more) {
        capacity = buffer->len + more;
    }
    /* not realloc: it would leave what it moved behind */
    data = malloc(capacity);
    if (data == NULL) {
        buffer->broken = true;
        return NULL;
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

void buffer_append(struct buffer *buffer, const void *data, size_t len) {
    char *place = buffer_reserve(buffer, len);

    if (place != NULL && len > 0) {
        memcpy(place, data, len);
        buffer->len += len;
    }
}

void buffer_append_byte(struct buffer *buffer, char byte) {
    char *place = buffer_reserve(buffer, 1);

    if (place != NULL) {
        *place = byte;
        buffer->len += 1;
    }
}

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_decimal(struct buffer *buffer, uint64_t number) {
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    buffer_append(buffer, digits + at, sizeof(digits) - at);
}

int buffer_finish(const struct buffer *buffer) {
    return buffer->broken ? -ENOMEM : 0;
}

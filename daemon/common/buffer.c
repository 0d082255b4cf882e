#include "common/buffer.h"

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

void buffer_truncate(struct buffer *buffer, size_t len) {
    if (len < buffer->len) {
        explicit_bzero(buffer->data + len, buffer->len - len);
        buffer->len = len;
    }
}

char *buffer_grow(struct buffer *buffer, size_t more) {
    size_t capacity = buffer->capacity;
    char *data;

    if (buffer->broken || more == 0) {
        return NULL; /* no room asked of none */
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

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_decimal(struct buffer *buffer, uint64_t number) {
    char digits[DECIMAL_MAX_BYTES];

    buffer_append(buffer, digits, decimal_format(number, digits));
}

int buffer_finish(const struct buffer *buffer) {
    return buffer->broken ? -ENOMEM : 0;
}

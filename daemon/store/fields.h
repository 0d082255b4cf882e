/*
 * What records and frames are made of: little-endian numbers, spans behind their length, bytes.
 *
 * A writer appends to a buffer and asks buffer_finish() at the end. A reader takes fields off the
 * front; once one is not there whole, all that follow are zero, and it asks fields_end() at the
 * end. All is inline, since the widths are known where it is called: a move instead of a loop.
 */
#ifndef GHOSTKEYD_STORE_FIELDS_H
#define GHOSTKEYD_STORE_FIELDS_H

#include <endian.h>
#include <errno.h>

#include "common/buffer.h"

struct fields {
    struct span rest;
    bool bad;
};

static inline void number_put(char *place, uint64_t number, size_t width) {
    uint64_t little = htole64(number);

    memcpy(place, &little, width);
}

static inline uint64_t number_take(const char *place, size_t width) {
    uint64_t little = 0;

    memcpy(&little, place, width);
    return le64toh(little);
}

static inline void field_put_number(struct buffer *buffer, uint64_t number, size_t width) {
    char *place = buffer_reserve(buffer, width);

    if (place != NULL) {
        number_put(place, number, width);
        buffer_commit(buffer, width);
    }
}

static inline void field_put_span(struct buffer *buffer, struct span span) {
    char *place = buffer_reserve(buffer, 4 + span.len);

    if (place != NULL) {
        number_put(place, span.len, 4);
        if (span.len > 0) {
            memcpy(place + 4, span.data, span.len);
        }
        buffer_commit(buffer, 4 + span.len);
    }
}

static inline struct span field_take_bytes(struct fields *fields, size_t len) {
    struct span span = {fields->rest.data, len};

    if (fields->bad || fields->rest.len < len) {
        fields->bad = true;
        return SPAN_NULL;
    }
    fields->rest.data += len;
    fields->rest.len -= len;
    return span;
}

static inline uint64_t field_take_number(struct fields *fields, size_t width) {
    struct span bytes = field_take_bytes(fields, width);

    return fields->bad ? 0 : number_take(bytes.data, width);
}

static inline struct span field_take_span(struct fields *fields) {
    return field_take_bytes(fields, (size_t)field_take_number(fields, 4));
}

/* One byte that must be below limit. */
static inline uint64_t field_take_below(struct fields *fields, uint64_t limit) {
    uint64_t number = field_take_number(fields, 1);

    if (number >= limit) {
        fields->bad = true;
        return 0;
    }
    return number;
}

/* 0, or -EBADMSG if a field was missing or anything is left over. */
static inline int fields_end(const struct fields *fields) {
    return fields->bad || fields->rest.len != 0 ? -EBADMSG : 0;
}

#endif

/*
 * What records are made of: little-endian numbers, and spans behind their length; and the checksum
 * that each record begins with.
 */
#ifndef GHOSTKEYD_STORE_FIELDS_H
#define GHOSTKEYD_STORE_FIELDS_H

#include "store/seal.h"
#include <endian.h>

/* Starts a record in place of what the buffer holds; fields follow, then record_finish(). */
void record_begin(struct buffer *record);
static inline void field_put_number(struct buffer *record, uint64_t number, size_t width);
static inline void field_put_span(struct buffer *record, struct span span);
void record_finish(struct buffer *record, struct span key);

/* Encrypts what was appended behind private_at: a span takes its place. Before record_finish(). */
void record_seal_from(struct buffer *record, size_t private_at, struct span key, struct seal *seal);

/* Takes fields off the front; once one is not there whole, all that follow are zero. */
struct reader {
    struct span rest;
    bool bad;
    int error; /* why, if it is not the record's fault: no memory to open it in */
};

struct reader record_open(struct span key, struct span record);
static inline uint64_t field_take_number(struct reader *reader, size_t width);
static inline struct span field_take_span(struct reader *reader);

/* A reader of the sealed part that stands next; it is decrypted behind what plain holds. */
struct reader record_open_sealed(
        struct reader *reader, struct span key, struct seal *seal, struct buffer *plain);

/* One byte that must be below limit. */
static inline uint64_t field_take_below(struct reader *reader, uint64_t limit);

/*
 * 0, or -EBADMSG if a field was missing or anything is left over: then the record is damaged, or
 * another format's. Another error says nothing of the record.
 */
int record_close(const struct reader *reader);

/* Inline, since their widths are known where they are called: a move instead of a loop. */
static inline void field_put_number(struct buffer *record, uint64_t number, size_t width) {
    char *place = buffer_reserve(record, width);
    uint64_t little = htole64(number);

    if (place != NULL) {
        memcpy(place, &little, width);
        buffer_commit(record, width);
    }
}

static inline void field_put_span(struct buffer *record, struct span span) {
    field_put_number(record, span.len, 4);
    buffer_append_span(record, span);
}

static inline uint64_t field_take_number(struct reader *reader, size_t width) {
    uint64_t little = 0;

    if (reader->rest.len < width) {
        reader->bad = true;
        return 0;
    }
    memcpy(&little, reader->rest.data, width);
    reader->rest.data += width;
    reader->rest.len -= width;
    return le64toh(little);
}

static inline struct span field_take_span(struct reader *reader) {
    size_t len = (size_t)field_take_number(reader, 4);
    struct span span = {reader->rest.data, len};

    if (reader->bad || reader->rest.len < len) {
        reader->bad = true;
        return SPAN_NULL;
    }
    reader->rest.data += len;
    reader->rest.len -= len;
    return span;
}

static inline uint64_t field_take_below(struct reader *reader, uint64_t limit) {
    uint64_t number = field_take_number(reader, 1);

    if (number >= limit) {
        reader->bad = true;
        return 0;
    }
    return number;
}

#endif

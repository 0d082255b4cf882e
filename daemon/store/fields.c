#include "store/fields.h"

#include "model/crc32.h"
#include <errno.h>

#define CHECKSUM_BYTES 4

void field_put_number(struct buffer *record, uint64_t number, size_t width) {
    char *place = buffer_reserve(record, width);

    if (place != NULL) {
        for (size_t i = 0; i < width; i++) {
            place[i] = (char)(number >> (8 * i) & 0xff);
        }
        buffer_commit(record, width);
    }
}

void field_put_span(struct buffer *record, struct span span) {
    field_put_number(record, span.len, 4);
    buffer_append_span(record, span);
}

void record_begin(struct buffer *record) {
    buffer_clear(record);
    field_put_number(record, 0, CHECKSUM_BYTES);
}

static uint32_t checksum_of(struct span key, struct span body) {
    return crc32_update(crc32_update(0, key.data, key.len), body.data, body.len);
}

void record_finish(struct buffer *record, struct span key) {
    uint32_t checksum;

    if (record->broken) {
        return;
    }
    checksum = checksum_of(
            key, (struct span){record->data + CHECKSUM_BYTES, record->len - CHECKSUM_BYTES});
    for (size_t i = 0; i < CHECKSUM_BYTES; i++) {
        record->data[i] = (char)(checksum >> (8 * i) & 0xff);
    }
}

uint64_t field_take_number(struct reader *reader, size_t width) {
    uint64_t number = 0;

    if (reader->rest.len < width) {
        reader->bad = true;
        return 0;
    }
    for (size_t i = 0; i < width; i++) {
        number |= (uint64_t)(unsigned char)reader->rest.data[i] << (8 * i);
    }
    reader->rest.data += width;
    reader->rest.len -= width;
    return number;
}

struct span field_take_span(struct reader *reader) {
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

uint64_t field_take_below(struct reader *reader, uint64_t limit) {
    uint64_t number = field_take_number(reader, 1);

    if (number >= limit) {
        reader->bad = true;
        return 0;
    }
    return number;
}

struct reader record_open(struct span key, struct span record) {
    struct reader reader = {.rest = record};
    uint32_t checksum = (uint32_t)field_take_number(&reader, CHECKSUM_BYTES);

    if (!reader.bad && checksum != checksum_of(key, reader.rest)) {
        reader.bad = true;
    }
    if (reader.bad) {
        reader.rest = SPAN_NULL;
    }
    return reader;
}

int record_close(const struct reader *reader) {
    return reader->bad || reader->rest.len != 0 ? -EBADMSG : 0;
}

void record_seal_from(
        struct buffer *record, size_t private_at, struct span key, struct seal *seal) {
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;
    BUFFER_AUTO struct buffer sealed = BUFFER_NULL;

    if (record->broken) {
        return;
    }
    buffer_append(&plain, record->data + private_at, record->len - private_at);
    explicit_bzero(record->data + private_at, record->len - private_at);
    record->len = private_at;
    if (buffer_finish(&plain) != 0 || seal_close(seal, key, buffer_span(&plain), &sealed) != 0) {
        record->broken = true;
        return;
    }
    field_put_span(record, buffer_span(&sealed));
}

struct reader record_open_sealed(
        struct reader *reader, struct span key, struct seal *seal, struct buffer *plain) {
    struct span sealed = field_take_span(reader);
    size_t at = plain->len;

    if (reader->bad || seal_open(seal, key, sealed, plain) != 0) {
        return (struct reader){.bad = true};
    }
    return (struct reader){.rest = {plain->data + at, plain->len - at}};
}

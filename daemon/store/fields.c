#include "store/fields.h"

#include "model/crc32.h"
#include <errno.h>

#define CHECKSUM_BYTES 4

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
    checksum = htole32(checksum);
    memcpy(record->data, &checksum, CHECKSUM_BYTES);
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
    if (reader->error != 0) {
        return reader->error;
    }
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
    int error;

    error = reader->bad ? -EBADMSG : seal_open(seal, key, sealed, plain);
    if (error != 0) {
        return (struct reader){.bad = true, .error = error == -EBADMSG ? 0 : error};
    }
    return (struct reader){.rest = {plain->data + at, plain->len - at}};
}

/*
 * The record decoders. The input is decoded as it is, and as a record with a right checksum, which
 * random bytes would not have. A record that can be decoded is encoded to bytes that decode to the
 * same.
 */
#include "fuzz.h"

#include "store/fields.h"
#include "store/record.h"

#define KEY SPAN_LITERAL("app/db")

static void decode_secret(struct span record) {
    BUFFER_AUTO struct buffer first = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    struct secret secret = SECRET_NULL;

    if (record_decode_secret(KEY, record, NULL, NULL, &secret) == 0) {
        record_encode_secret(&first, &secret, NULL);
        MUST(record_decode_secret(KEY, buffer_span(&first), NULL, NULL, &secret) == 0);
        record_encode_secret(&second, &secret, NULL);
        MUST(span_equals(buffer_span(&first), buffer_span(&second)));
    }
}

static void decode_version(struct span record) {
    BUFFER_AUTO struct buffer first = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    struct version version = VERSION_NULL;

    if (record_decode_version(KEY, record, 1, NULL, NULL, &version) == 0) {
        record_encode_version(&first, KEY, &version, NULL);
        MUST(record_decode_version(KEY, buffer_span(&first), 1, NULL, NULL, &version) == 0);
        record_encode_version(&second, KEY, &version, NULL);
        MUST(span_equals(buffer_span(&first), buffer_span(&second)));
    }
}

static void decode_rest(struct span record) {
    STATE_AUTO struct state state = STATE_NULL;
    struct event event;
    struct tombstone tombstone;
    uint64_t number;

    /* they may refuse it, but must not read past the end */
    (void)record_decode_event(1, record, &event);
    (void)record_decode_tombstone(KEY, record, &tombstone);
    (void)record_decode_number(KEY, record, &number);
    (void)record_decode_state(KEY, record, NULL, &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;

    record_begin(&record);
    buffer_append(&record, data, size);
    record_finish(&record, KEY);
    MUST(buffer_finish(&record) == 0);
    decode_secret(buffer_span(&record));
    decode_version(buffer_span(&record));
    decode_rest(buffer_span(&record));
    decode_secret((struct span){(const char *)data, size});
    return 0;
}

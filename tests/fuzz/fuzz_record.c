/*
 * The record decoders. A record that can be decoded is encoded to bytes that decode to the same.
 */
#include "fuzz.h"
#include "store/record.h"

#define NAME SPAN_LITERAL("app/db")

static void decode_secret(struct span record) {
    BUFFER_AUTO struct buffer first = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    struct secret secret = SECRET_NULL;

    if (record_decode_secret(NAME, record, &secret) == 0) {
        MUST(record_secret_facts(record).has_due == (secret.ttl_s != 0 || secret.is_deleted));
        record_encode_secret(&first, &secret);
        MUST(record_decode_secret(NAME, buffer_span(&first), &secret) == 0);
        record_encode_secret(&second, &secret);
        MUST(span_equals(buffer_span(&first), buffer_span(&second)));
    }
}

static void decode_version(struct span record) {
    BUFFER_AUTO struct buffer first = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    struct version version;

    if (record_decode_version(1, record, &version) == 0) {
        record_encode_version(&first, &version);
        MUST(record_decode_version(1, buffer_span(&first), &version) == 0);
        record_encode_version(&second, &version);
        MUST(span_equals(buffer_span(&first), buffer_span(&second)));
    }
}

/* Of a layout; with another first byte all of them refuse. */
static void decode_all(char layout, const uint8_t *data, size_t size) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    STATE_AUTO struct state state = STATE_NULL;
    struct tombstone tombstone;
    struct event event;
    struct span bytes;
    instant now;

    buffer_append_byte(&record, layout);
    buffer_append(&record, data, size);
    MUST(buffer_finish(&record) == 0);
    decode_secret(buffer_span(&record));
    decode_version(buffer_span(&record));
    /* they may refuse it, but must not read past the end */
    (void)record_decode_event(1, buffer_span(&record), &event);
    (void)record_decode_tombstone(buffer_span(&record), &tombstone);
    (void)record_decode_clock(buffer_span(&record), &now);
    (void)record_decode_own(buffer_span(&record), &bytes);
    (void)record_decode_state(buffer_span(&record), &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    decode_all(1, data, size);
    decode_all(2, data, size);
    decode_all(3, data, size);
    return 0;
}

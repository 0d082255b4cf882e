/* Records of what is not a secret: the state, numbers, and traces of names. */
#include "store/fields.h"
#include "store/record.h"
#include <errno.h>

void record_encode_tombstone(
        struct buffer *record, struct span name, const struct tombstone *tombstone) {
    record_begin(record);
    field_put_number(record, tombstone->revision, 8);
    field_put_number(record, tombstone->generation, 8);
    record_finish(record, name);
}

int record_decode_tombstone(struct span name, struct span record, struct tombstone *ret_tombstone) {
    struct reader reader = record_open(name, record);
    struct tombstone tombstone;
    int error;

    tombstone.revision = field_take_number(&reader, 8);
    tombstone.generation = field_take_number(&reader, 8);
    error = record_close(&reader);
    if (error == 0) {
        *ret_tombstone = tombstone;
    }
    return error;
}

void record_encode_state(
        struct buffer *record, struct span key, const struct state *state, struct seal *seal) {
    size_t private_at;

    record_begin(record);
    field_put_number(record, RECORD_FORMAT, 4);
    field_put_number(record, state->clock_kind, 1);
    field_put_number(record, seal != NULL, 1);
    private_at = record->len;
    field_put_span(record, buffer_span(&state->seed));
    if (seal != NULL) {
        record_seal_from(record, private_at, key, seal);
    }
    record_finish(record, key);
}

int record_decode_state(
        struct span key, struct span record, struct seal *seal, struct state *ret_state) {
    struct reader reader = record_open(key, record);
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;
    STATE_AUTO struct state state = STATE_NULL;
    uint64_t format = field_take_number(&reader, 4);
    struct reader inner;
    struct span seed;
    int error = 0;

    if (!reader.bad && format != RECORD_FORMAT) {
        return -EPROTONOSUPPORT;
    }
    state.clock_kind = (enum clock_kind)field_take_below(&reader, CLOCK_VIRTUAL + 1);
    state.is_sealed = field_take_below(&reader, 2) == 1;
    if (state.is_sealed && seal != NULL) {
        inner = record_open_sealed(&reader, key, seal, &plain);
        seed = field_take_span(&inner);
        error = record_close(&inner);
    } else {
        seed = field_take_span(&reader);
    }
    if (error == 0) {
        error = record_close(&reader);
    }
    if (error == 0 && (!state.is_sealed || seal != NULL)) {
        buffer_append_span(&state.seed, seed);
        error = buffer_finish(&state.seed);
    }
    if (error == 0) {
        *ret_state = state;
        state.seed = BUFFER_NULL;
    }
    return error;
}

void record_encode_number(struct buffer *record, struct span key, uint64_t number) {
    record_begin(record);
    field_put_number(record, number, 8);
    record_finish(record, key);
}

int record_decode_number(struct span key, struct span record, uint64_t *ret_number) {
    struct reader reader = record_open(key, record);
    uint64_t number = field_take_number(&reader, 8);
    int error = record_close(&reader);

    if (error == 0) {
        *ret_number = number;
    }
    return error;
}

/*
 * A version 4 UUID (RFC 9562).
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

static void make_uuid(const struct making *making, struct buffer *value) {
    keystream_uuid(making->stream, value);
}

static size_t measure_uuid(const struct making *making) {
    return UUID_CHARS;
}

const struct strategy strategy_uuid = {
        .name = "uuid",
        .make = make_uuid,
        .measure = measure_uuid,
};

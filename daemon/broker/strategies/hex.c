/*
 * Lower-case hexadecimal digits; the default length is 128 random bits.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

#define LENGTH_DEFAULT 32

static const struct strategy_parameter parameters[] = {
        {
                .name = "length",
                .type = PARAMETER_INTEGER,
                .fallback = LENGTH_DEFAULT,
                .min = STRATEGY_LENGTH_MIN,
                .max = GK_GENERATED_MAX_CHARS,
        },
};

static void make_hex(const struct making *making, struct buffer *value) {
    size_t length = (size_t)making->policy->parameters[0].integer;

    keystream_characters(making->stream, ALPHABET_HEX, length, value);
}

static size_t measure_hex(const struct making *making) {
    return (size_t)making->policy->parameters[0].integer;
}

const struct strategy strategy_hex = {
        .name = "hex",
        .parameters = parameters,
        .parameter_count = 1,
        .make = make_hex,
        .measure = measure_hex,
};

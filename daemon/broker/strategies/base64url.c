/*
 * The alphabet of base64url (RFC 4648, section 5). By default a value has 43 characters, which is
 * what 32 random bytes take in base64url without padding.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

#define LENGTH_DEFAULT 43

static const struct strategy_parameter parameters[] = {
        {
                .name = "length",
                .type = PARAMETER_INTEGER,
                .fallback = LENGTH_DEFAULT,
                .min = STRATEGY_LENGTH_MIN,
                .max = GK_GENERATED_MAX_CHARS,
        },
};

static void make_base64url(const struct making *making, struct buffer *value) {
    size_t length = (size_t)making->policy->parameters[0].integer;

    keystream_characters(making->stream, ALPHABET_BASE64URL, length, value);
}

static size_t measure_base64url(const struct making *making) {
    return (size_t)making->policy->parameters[0].integer;
}

const struct strategy strategy_base64url = {
        .name = "base64url",
        .parameters = parameters,
        .parameter_count = 1,
        .make = make_base64url,
        .measure = measure_base64url,
};

/*
 * The values of a fixed list, one after the other and round again: for keys that are made
 * elsewhere, such as the two that a provider accepts during a change-over. The list is secret.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

#define VALUES_MIN 2

static const struct strategy_parameter parameters[] = {
        {
                .name = "values",
                .type = PARAMETER_LIST,
                .required = true,
                .min = VALUES_MIN,
                .max = GK_CYCLE_VALUES_MAX,
                .shown_as = "count",
        },
};

static void make_cycle(const struct making *making, struct buffer *value) {
    const struct parameter *values = &making->policy->parameters[0];

    buffer_append_span(
            value, list_at(values, (uint32_t)((making->generation - 1) % values->count)));
}

static size_t measure_cycle(const struct making *making) {
    const struct parameter *values = &making->policy->parameters[0];

    return list_at(values, (uint32_t)((making->generation - 1) % values->count)).len;
}

const struct strategy strategy_cycle = {
        .name = "cycle",
        .parameters = parameters,
        .parameter_count = 1,
        .make = make_cycle,
        .measure = measure_cycle,
        .may_shrink = true,
};

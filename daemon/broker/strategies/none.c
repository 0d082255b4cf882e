/*
 * Makes no values: a value changes only when a client puts a new one.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

const struct strategy strategy_none = {
        .name = "none",
};

/*
 * A value that GhostKey cannot make anew: it changes only by being put.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

const struct strategy strategy_none = {
        .name = "none",
};

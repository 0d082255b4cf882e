/*
 * The strategies, in the order in which an error names them; the first is the default. Each row is
 * the symbol of a `const struct strategy strategy_<symbol>`, defined in strategies/<symbol>.c.
 */
#ifndef GHOSTKEYD_BROKER_STRATEGIES_TABLE_H
#define GHOSTKEYD_BROKER_STRATEGIES_TABLE_H

#include "ghostkey/protocol.h"

struct strategy;

/* The shortest value of a strategy with a `length`; the longest is GK_GENERATED_MAX_CHARS. */
#define STRATEGY_LENGTH_MIN 2

#define STRATEGIES(X) \
    X(token) \
    X(hex) \
    X(alphanumeric) \
    X(base64url) \
    X(uuid) \
    X(template) \
    X(cycle) \
    X(none)

#define STRATEGY_DECLARATION(symbol) extern const struct strategy strategy_##symbol;
STRATEGIES(STRATEGY_DECLARATION)
#undef STRATEGY_DECLARATION

#endif

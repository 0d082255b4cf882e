/* The strategies by which values are made (contract, section 5), as ghostctl's users read of them.
 */
#ifndef GHOSTCTL_STRATEGY_WORDS_H
#define GHOSTCTL_STRATEGY_WORDS_H

#include "command.h"

struct strategy_words {
    const char *name;
    const char *options; /* those that go with it; "": none */
    const char *makes;
};

/* The strategy number `index`, the default one first; NULL after the last. */
const struct strategy_words *strategy_words_at(size_t index);

bool strategy_is_known(const char *name);

/* Prints which strategies --strategy takes. Returns GK_EXIT_USAGE. */
int strategy_say_unknown(const struct invocation *invocation);

#endif

/* What state.c and state_file.c share. */
#ifndef GHOSTKEYD_STORE_STATE_INTERNAL_H
#define GHOSTKEYD_STORE_STATE_INTERNAL_H

#include "store/state.h"

/* Makes a new state in memory. */
int state_make(struct state_home *home, enum store_home kind, const struct state_options *options);

/* Whether the state in the store is what the options ask for. */
int state_check(struct store *store, const struct state_options *options, struct problem *problem);

/* What the service manager keeps, or a new state. */
int state_open_memory(const struct state_options *options, int *kept_fds, size_t kept_count,
        struct state_home *ret_home, struct problem *problem);

#endif

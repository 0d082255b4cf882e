/* What state.c and state_file.c share. */
#ifndef GHOSTKEYD_STORE_STATE_INTERNAL_H
#define GHOSTKEYD_STORE_STATE_INTERNAL_H

#include "store/journal.h"
#include "store/state.h"

/* Makes a new state in memory. */
int state_make(struct state_home *home, enum store_home kind, const struct state_options *options);

/* Whether the state in the store is what the options ask for. */
int state_check(struct store *store, const struct state_options *options, struct problem *problem);

/* Opens the file at options->path, or makes it, whole or not at all. */
int state_open_file(
        const struct state_options *options, struct state_home *ret_home, struct problem *problem);

#endif

/* What state.c and state_file.c share. */
#ifndef GHOSTKEYD_STORE_STATE_INTERNAL_H
#define GHOSTKEYD_STORE_STATE_INTERNAL_H

#include "store/state.h"

/* Opens the store on home->fd, and makes or checks the state in it. */
int state_open_store(struct state_home *home, enum store_home kind,
        const struct state_options *options, struct problem *problem);

/* Opens the file at options->path, or makes it, whole or not at all. */
int state_open_file(
        const struct state_options *options, struct state_home *ret_home, struct problem *problem);

#endif

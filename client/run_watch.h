/* ghostctl run --watch: a command that is started again, or signalled, when the secrets change. */
#ifndef GHOSTCTL_RUN_WATCH_H
#define GHOSTCTL_RUN_WATCH_H

#include "env_block.h"
#include "target.h"

struct run_plan {
    const struct target *target;
    const char *prefix;     /* of the secrets' names; NULL: all */
    char *const *arguments; /* the command */
    int notify;             /* the signal it gets at a change; 0: it is started again */
};

/* The environment with the secrets as they are now. An exit status, said. */
int run_make_block(const struct run_plan *plan, struct env_block *ret_block);

/* Until the command ends by itself or is told to: the exit status. */
int run_watch(const struct run_plan *plan);

#endif

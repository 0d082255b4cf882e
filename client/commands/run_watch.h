/* ghostctl run --watch: a command that is started again, or signalled, when the secrets change. */
#ifndef GHOSTCTL_RUN_WATCH_H
#define GHOSTCTL_RUN_WATCH_H

#include "wire/target.h"

struct run_plan {
    const struct target *target;
    const char *prefix;     /* of the secrets' names; NULL: all */
    char *const *arguments; /* the command */
    int notify;             /* the signal it gets at a change; 0: it is started again */
};

/* Until the command ends by itself or is told to: the exit status. */
int run_watch(const struct run_plan *plan);

#endif

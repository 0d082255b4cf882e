/* ghostctl run --watch: restarts a command, or sends it a signal, when the secrets change. */
#ifndef GHOSTCTL_RUN_WATCH_H
#define GHOSTCTL_RUN_WATCH_H

#include "wire/target.h"

struct run_plan {
    const struct target *target;
    const char *prefix;     /* of the secrets' names; NULL: all */
    char *const *arguments; /* the command */
    int notify;             /* the signal that it gets at a change; 0: it is restarted */
};

/* Returns the exit status once the command has ended. */
int run_watch(const struct run_plan *plan);

#endif

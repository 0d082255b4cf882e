/*
 * The user's app in a drill: COMMAND, and a probe that says whether it is healthy. Without a probe
 * it is healthy while it runs.
 */
#ifndef GHOSTCTL_DRILL_APP_H
#define GHOSTCTL_DRILL_APP_H

#include <stdint.h>

#include "drill/process.h"

struct drill_app {
    char *const *command;
    char *const *environment; /* of COMMAND and the probe */
    const char *probe;        /* for the shell; NULL: none */
    struct drill_process process;
    int wake_fd;      /* readable when ghostctl is to end, which ends each wait */
    int probe_status; /* the exit status of the last probe, or DRILL_PROBE_ENDED */
};

#define DRILL_PROBE_EACH_MS 100
#define DRILL_PROBE_ENDED (-1) /* its time was over */

/* Starts COMMAND if it does not run. An exit status, after a message. */
int drill_app_start(struct drill_app *app);
void drill_app_end(struct drill_app *app);

/* Runs the probe, which is ended after `limit_ms`. */
bool drill_app_is_healthy(struct drill_app *app, int64_t limit_ms);

/* Whether the program of that process id is COMMAND, a descendant of it, or of its process group.
 */
bool drill_app_has(const struct drill_app *app, long pid);

/* Lets so much time pass; less if ghostctl is to end. */
void drill_app_pause(const struct drill_app *app, int64_t ms);

#endif

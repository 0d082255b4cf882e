/* What the steps of a plan do to the secrets and the broker. */
#ifndef GHOSTCTL_DRILL_ACT_H
#define GHOSTCTL_DRILL_ACT_H

#include "drill/app.h"
#include "drill/plan.h"
#include "sandbox/sandbox.h"

struct drill_stage {
    struct sandbox *sandbox;
    struct target target; /* of its broker */
    struct drill_app *app;
    json_t *names; /* an object; its members: the secrets that have had a value */
    json_t *held;  /* what the app held when the last broker ended: a new one does not know */
    bool broker_runs;
    struct buffer failure; /* what was wrong with the last thing that was done, if that is known */
    bool broker_is_new;    /* it was started anew, so it has forgotten requests and readers */
    struct buffer unmet;   /* the id of a fault that was removed, and that never fired */
};

/* What the app holds (watcher.h): of the broker as it runs, and of it before its last end. An exit
 * status; it is GK_EXIT_FAILED, without a message, if the broker does not run. */
int drill_stage_holds(const struct drill_stage *stage, json_t **ret_holds);

/* An exit status, after a message. stage->failure tells the reason again, if it is the plan's or
 * the broker's. */
int drill_act(struct drill_stage *stage, const json_t *action);

#endif

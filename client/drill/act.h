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
    bool broker_runs;
    struct buffer failure; /* what was wrong with the last thing that was done, if that is known */
    bool broker_is_new;    /* it was started anew, so it has forgotten requests and readers */
};

/* An exit status, after a message. stage->failure tells the reason again, if it is the plan's or
 * the broker's. */
int drill_act(struct drill_stage *stage, const json_t *action);

#endif

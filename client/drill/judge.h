/* Whether the app is as a step of the plan expects it to be. */
#ifndef GHOSTCTL_DRILL_JUDGE_H
#define GHOSTCTL_DRILL_JUDGE_H

#include "drill/act.h"

struct drill_judge {
    const struct drill_stage *stage;
    const json_t *names; /* of the secrets whose readers are asked for */
    struct buffer why;   /* why the app is not as expected; empty: it is */
};

/* Waits for what the step expects, as long as it says. The verdict is in judge->why. */
void drill_judge_await(struct drill_judge *judge, const struct drill_step *step);

#endif

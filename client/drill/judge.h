/* Whether the app is as a step of the plan expects it to be. */
#ifndef GHOSTCTL_DRILL_JUDGE_H
#define GHOSTCTL_DRILL_JUDGE_H

#include "drill/act.h"

struct drill_judge {
    const struct drill_stage *stage;
    struct buffer why;  /* why the app is not as expected; empty: it is */
    struct buffer note; /* what else is known of an app that is as expected; may be empty */
};

/* Waits for what the step expects, as long as it says. The verdict is in judge->why. Without a
 * probe, judge->note says whether the app holds an old version. */
void drill_judge_await(struct drill_judge *judge, const struct drill_step *step);

#endif

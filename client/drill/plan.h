/*
 * What a drill does (contract, section 13): steps, each of which does something to the broker or to
 * the secrets, and says how the app is to be within a time.
 */
#ifndef GHOSTCTL_DRILL_PLAN_H
#define GHOSTCTL_DRILL_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"

enum drill_verb {
    DRILL_ROTATE,
    DRILL_DELETE,
    DRILL_RESTORE,
    DRILL_PUT,
    DRILL_ADVANCE,
    DRILL_FAULT,
    DRILL_UNFAULT,
    DRILL_RUN,
    DRILL_RESTART,
    DRILL_KILL,
    DRILL_STOP,
    DRILL_START,
    DRILL_PAUSE, /* only in the default plan: time passes, as the machine counts it */
};

enum drill_expect {
    DRILL_HEALTHY,
    DRILL_UNHEALTHY,
    DRILL_FRESH,
};

struct drill_step {
    json_t *title;   /* what it does, for people; NULL: its actions tell it */
    json_t *actions; /* an array of objects with one member each, whose name is the verb */
    enum drill_expect expect;
    int64_t within_ms;
};

struct drill_plan {
    struct drill_step *steps;
    size_t count;
};

void drill_plan_deinit(struct drill_plan *plan);
#define DRILL_PLAN_AUTO GK_CLEANUP(drill_plan_deinit)

/*
 * Reads a plan's text. `shown` names it in messages, and `within_ms` is the time of a step that
 * gives none. Each mistake is printed; the exit status is GK_EXIT_USAGE then.
 */
int drill_plan_read(const struct buffer *text, const char *shown, int64_t within_ms,
        struct drill_plan *ret_plan);

/* Whether the secret of that document (GET /v1/secrets) can rotate. */
bool drill_plan_can_rotate(const json_t *secret);

/*
 * The plan of a drill without one, for the secrets of these documents: for each that can rotate a
 * rotation, two at once, its TTL and its grace; then troubles of the broker. `moves_clock`: the
 * clock is virtual.
 */
void drill_plan_default(
        const json_t *secrets, bool moves_clock, int64_t within_ms, struct drill_plan *ret_plan);

enum drill_verb drill_action_verb(const json_t *action);

/* What the verb is done to or with; borrowed. */
const json_t *drill_action_object(const json_t *action);

const char *drill_expect_word(enum drill_expect expect);

/* "rotate db_pass" or the title: what a step does, for people. */
void drill_step_append(const struct drill_step *step, struct buffer *text);

#endif

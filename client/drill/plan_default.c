#include "drill/plan.h"

#include <string.h>

#include "heap.h"

#define TROUBLE_ID "drill"
#define TROUBLE_LASTS "2s"
#define GONE_LASTS "10s"

static struct drill_step *add_step(struct drill_plan *plan, int64_t within_ms) {
    struct drill_step *step;

    plan->steps = heap_resize(plan->steps, plan->count + 1, sizeof(*plan->steps));
    step = &plan->steps[plan->count++];
    *step = (struct drill_step){.actions = json_array(), .within_ms = within_ms};
    return step;
}

static void add_action(struct drill_step *step, const char *verb, json_t *object) {
    json_array_append_new(step->actions, json_pack("{s:o}", verb, object));
}

static void add_rotation(struct drill_step *step, const char *name) {
    add_action(step, "rotate", json_string(name));
}

static bool can_rotate(const json_t *rotation) {
    const char *strategy = json_string_value(json_object_get(rotation, "strategy"));

    return strategy != NULL && strcmp(strategy, "none") != 0;
}

/* What happens to one secret. */
static void add_secret(struct drill_plan *plan, const char *name, const json_t *metadata,
        bool moves_clock, int64_t within_ms) {
    const json_t *rotation = json_object_get(metadata, "rotation");
    json_t *ttl = json_object_get(metadata, "ttl");
    json_t *grace = json_object_get(rotation, "grace");
    struct drill_step *step = add_step(plan, within_ms);

    add_rotation(step, name);
    step = add_step(plan, within_ms);
    add_rotation(step, name);
    add_rotation(step, name);
    if (moves_clock && json_is_integer(ttl)) {
        step = add_step(plan, within_ms);
        add_action(step, "advance", json_incref(ttl));
        if (!json_is_true(json_object_get(rotation, "on_expiry"))) {
            add_rotation(step, name);
        }
    }
    if (moves_clock && json_integer_value(grace) > 0) {
        step = add_step(plan, within_ms);
        add_rotation(step, name);
        add_action(step, "advance", json_incref(grace));
    }
}

static void add_rotations(struct drill_step *step, const json_t *secrets) {
    json_t *secret;
    size_t index;

    json_array_foreach(secrets, index, secret) {
        if (can_rotate(json_object_get(json_object_get(secret, "metadata"), "rotation"))) {
            add_rotation(step, json_string_value(json_object_get(secret, "name")));
        }
    }
}

/* A fault that lasts a while, its end, and a rotation of all. */
static void add_fault(struct drill_plan *plan, const json_t *secrets, const char *kind,
        json_t *value, int64_t within_ms) {
    struct drill_step *step = add_step(plan, within_ms);

    add_action(step, "fault", json_pack("{s:{s:{s:o}}}", TROUBLE_ID, "effect", kind, value));
    add_action(step, "pause", json_string(TROUBLE_LASTS));
    add_action(step, "unfault", json_string(TROUBLE_ID));
    add_rotations(step, secrets);
}

static void add_troubles(struct drill_plan *plan, const json_t *secrets, int64_t within_ms) {
    struct drill_step *step;

    add_fault(plan, secrets, "delay", json_string("1s"), within_ms);
    add_fault(plan, secrets, "error", json_string("throttled"), within_ms);
    add_fault(plan, secrets, "status", json_integer(500), within_ms);
    step = add_step(plan, within_ms);
    add_action(step, "stop", json_true());
    add_action(step, "pause", json_string(GONE_LASTS));
    add_action(step, "start", json_true());
    add_rotations(step, secrets);
    step = add_step(plan, within_ms);
    add_action(step, "restart", json_true());
    add_rotations(step, secrets);
}

void drill_plan_default(
        const json_t *secrets, bool moves_clock, int64_t within_ms, struct drill_plan *ret_plan) {
    json_t *secret;
    size_t index;

    *ret_plan = (struct drill_plan){0};
    json_array_foreach(secrets, index, secret) {
        const json_t *metadata = json_object_get(secret, "metadata");

        if (can_rotate(json_object_get(metadata, "rotation"))) {
            add_secret(ret_plan, json_string_value(json_object_get(secret, "name")), metadata,
                    moves_clock, within_ms);
        }
    }
    add_troubles(ret_plan, secrets, within_ms);
}

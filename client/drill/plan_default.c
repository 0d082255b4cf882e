#include <stdarg.h>
#include <string.h>

#include "common/instant.h"
#include "drill/plan.h"
#include "heap.h"

#define MS_PER_S 1000
#define TROUBLE_LASTS "2s"
#define GONE_LASTS "10s"
#define SLOW_BY "1s"

/* The title is that of a printf. */
__attribute__((format(printf, 3, 4))) static struct drill_step *add_step(
        struct drill_plan *plan, int64_t within_ms, const char *format, ...) {
    struct drill_step *step;
    va_list arguments;

    plan->steps = heap_resize(plan->steps, plan->count + 1, sizeof(*plan->steps));
    step = &plan->steps[plan->count++];
    va_start(arguments, format);
    *step = (struct drill_step){.title = json_vsprintf(format, arguments),
            .actions = json_array(),
            .within_ms = within_ms};
    va_end(arguments);
    return step;
}

static void add_action(struct drill_step *step, const char *verb, json_t *object) {
    json_array_append_new(step->actions, json_pack("{s:o}", verb, object));
}

static void add_rotation(struct drill_step *step, const char *name) {
    add_action(step, "rotate", json_string(name));
}

bool drill_plan_can_rotate(const json_t *secret) {
    const json_t *rotation = json_object_get(json_object_get(secret, "metadata"), "rotation");
    const char *strategy = json_string_value(json_object_get(rotation, "strategy"));

    return strategy != NULL && strcmp(strategy, "none") != 0;
}

static const char *name_of(const json_t *secret) {
    return json_string_value(json_object_get(secret, "name"));
}

/* Lets the TTL of the secret pass. */
static void add_expiry(
        struct drill_plan *plan, const json_t *secret, json_t *ttl, int64_t within_ms) {
    const json_t *rotation = json_object_get(json_object_get(secret, "metadata"), "rotation");
    bool by_itself = json_is_true(json_object_get(rotation, "on_expiry"));
    BUFFER_AUTO struct buffer length = BUFFER_NULL;
    struct drill_step *step;

    duration_append(&length, json_integer_value(ttl) * MS_PER_S);
    step = add_step(plan, within_ms, "the TTL of %s passes (%s)%s", name_of(secret),
            buffer_string(&length), by_itself ? "" : ", then rotate it");
    add_action(step, "advance", json_incref(ttl));
    if (!by_itself) {
        add_rotation(step, name_of(secret));
    }
}

/* Rotates the secret, and lets the time pass in which the previous value is accepted. */
static void add_grace(struct drill_plan *plan, const char *name, json_t *grace, int64_t within_ms) {
    BUFFER_AUTO struct buffer length = BUFFER_NULL;
    struct drill_step *step;

    duration_append(&length, json_integer_value(grace) * MS_PER_S);
    step = add_step(
            plan, within_ms, "rotate %s, then its grace passes (%s)", name, buffer_string(&length));
    add_rotation(step, name);
    add_action(step, "advance", json_incref(grace));
}

/* What happens to one secret. */
static void add_secret(
        struct drill_plan *plan, const json_t *secret, bool moves_clock, int64_t within_ms) {
    const json_t *metadata = json_object_get(secret, "metadata");
    json_t *ttl = json_object_get(metadata, "ttl");
    json_t *grace = json_object_get(json_object_get(metadata, "rotation"), "grace");
    struct drill_step *step = add_step(plan, within_ms, "rotate %s", name_of(secret));

    add_rotation(step, name_of(secret));
    step = add_step(plan, within_ms, "rotate %s twice", name_of(secret));
    add_rotation(step, name_of(secret));
    add_rotation(step, name_of(secret));
    if (moves_clock && json_is_integer(ttl)) {
        add_expiry(plan, secret, ttl, within_ms);
    }
    if (moves_clock && json_integer_value(grace) > 0) {
        add_grace(plan, name_of(secret), grace, within_ms);
    }
}

/* What is done to the broker. Every secret that can rotate does so afterwards. */
static struct drill_step *add_trouble(
        struct drill_plan *plan, const json_t *secrets, const char *trouble, int64_t within_ms) {
    const char *only = NULL;
    size_t count = 0;
    const json_t *secret;
    size_t index;

    json_array_foreach(secrets, index, secret) {
        if (drill_plan_can_rotate(secret)) {
            only = name_of(secret);
            count++;
        }
    }
    return add_step(plan, within_ms, "%s%s%s", trouble, count > 0 ? ", then rotate " : "",
            count == 1  ? only
            : count > 1 ? "all"
                        : "");
}

static void add_rotations(struct drill_step *step, const json_t *secrets) {
    const json_t *secret;
    size_t index;

    json_array_foreach(secrets, index, secret) {
        if (drill_plan_can_rotate(secret)) {
            add_rotation(step, name_of(secret));
        }
    }
}

/* A fault of that id that lasts a while. */
static void add_fault(struct drill_plan *plan, const json_t *secrets, const char *title,
        const char *id, json_t *effect, int64_t within_ms) {
    struct drill_step *step = add_trouble(plan, secrets, title, within_ms);

    add_action(step, "fault", json_pack("{s:{s:o}}", id, "effect", effect));
    add_action(step, "pause", json_string(TROUBLE_LASTS));
    add_action(step, "unfault", json_string(id));
    add_rotations(step, secrets);
}

static void add_troubles(struct drill_plan *plan, const json_t *secrets, int64_t within_ms) {
    struct drill_step *step;

    add_fault(
            plan, secrets, "broker slow", "slow", json_pack("{s:s}", "delay", SLOW_BY), within_ms);
    add_fault(plan, secrets, "broker throttled", "throttled",
            json_pack("{s:s}", "error", "throttled"), within_ms);
    add_fault(plan, secrets, "broker failing", "failing", json_pack("{s:s}", "error", "internal"),
            within_ms);
    step = add_trouble(plan, secrets, "broker gone", within_ms);
    add_action(step, "stop", json_true());
    add_action(step, "pause", json_string(GONE_LASTS));
    add_action(step, "start", json_true());
    add_rotations(step, secrets);
    step = add_trouble(plan, secrets, "broker restarted", within_ms);
    add_action(step, "restart", json_true());
    add_rotations(step, secrets);
}

void drill_plan_default(
        const json_t *secrets, bool moves_clock, int64_t within_ms, struct drill_plan *ret_plan) {
    const json_t *secret;
    size_t index;

    *ret_plan = (struct drill_plan){0};
    json_array_foreach(secrets, index, secret) {
        if (drill_plan_can_rotate(secret)) {
            add_secret(ret_plan, secret, moves_clock, within_ms);
        }
    }
    add_troubles(ret_plan, secrets, within_ms);
}

#include "broker/apply.h"

#include "broker/broker_internal.h"
#include "broker/change.h"
#include "broker/secrets.h"
#include "broker/versions_internal.h"

#define MS_PER_S 1000

/* What a definition is compared with. */
struct ground {
    struct secret before; /* zeros: there is none */
    bool found;
    uint64_t generation; /* of the name, also if there is no secret */
    instant now;
    size_t value_max_bytes;
};

static void ground_deinit(struct ground *ground) {
    secret_deinit(&ground->before);
}

static bool is_given(const struct policy_change *change, const char *name) {
    for (size_t i = 0; i < change->parameter_count; i++) {
        if (strcmp(change->parameters[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A list that is not given stays as it is: a document without values does not have it. */
static void keep_lists(struct policy_change *change, const struct policy *before) {
    const struct strategy *strategy = strategy_find(change->strategy);

    if (strategy == NULL || !span_equals(before->strategy, change->strategy)) {
        return;
    }
    for (size_t i = 0; i < strategy->parameter_count && i < before->parameter_count; i++) {
        const char *name = strategy->parameters[i].name;

        if (strategy->parameters[i].type == PARAMETER_LIST && !is_given(change, name) &&
                change->parameter_count < POLICY_PARAMETERS_MAX) {
            change->parameters[change->parameter_count].name = name;
            change->parameters[change->parameter_count].value = before->parameters[i];
            change->parameter_count += 1;
        }
    }
}

static bool parameter_equals(const struct parameter *one, const struct parameter *other) {
    return one->type == other->type && one->integer == other->integer &&
           one->count == other->count && span_equals(one->text, other->text);
}

static bool policy_equals(const struct policy *one, const struct policy *other) {
    if (!span_equals(one->strategy, other->strategy) || one->on_expiry != other->on_expiry ||
            one->grace_s != other->grace_s || one->parameter_count != other->parameter_count) {
        return false;
    }
    for (size_t i = 0; i < one->parameter_count; i++) {
        if (!parameter_equals(&one->parameters[i], &other->parameters[i])) {
            return false;
        }
    }
    return true;
}

static bool labels_equal(const struct definition *definition, struct span packed) {
    struct label label;
    size_t at = 0;

    while (labels_next(&packed, &label)) {
        if (at == definition->label_count ||
                !span_equals(label.name, definition->labels[at].name) ||
                !span_equals(label.value, definition->labels[at].value)) {
            return false;
        }
        at += 1;
    }
    return at == definition->label_count;
}

/* Whether the secret is defined so already, its value aside. */
static bool is_defined_so(const struct secret *secret, const struct definition *definition,
        const struct policy *policy) {
    return secret->ttl_s == definition->ttl_s && secret->env_source == definition->env_source &&
           (secret->env_source != ENV_NAMED || span_equals(secret->env, definition->env)) &&
           span_equals(secret->description, definition->description) &&
           policy_equals(&secret->policy, policy) && labels_equal(definition, secret->labels);
}

/* Whether the secret has a value that is not expired, nor would be with the definition's TTL. */
static bool has_fresh_value(const struct ground *ground, const struct definition *definition) {
    const struct secret *before = &ground->before;
    instant ttl_ms = (instant)definition->ttl_s * MS_PER_S;

    return ground->found && secret_has_value(before) && !secret_is_expired(before, ground->now) &&
           (ttl_ms == 0 || ground->now - before->in_force_at < ttl_ms);
}

/* Whether the policy can make the value that is missing. */
static int check_generated(const struct ground *ground, const struct definition *definition,
        const struct policy *policy, struct problem *problem) {
    const struct strategy *strategy = strategy_find(policy->strategy);

    if (strategy == NULL || strategy->make == NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "no value is given, %s, and the strategy 'none' makes none",
                ground->found ? "the secret has none that is not expired" : "there is none yet");
    }
    if (strategy_measure(policy, definition->name, ground->generation + 1,
                ground->before.newest + 1) > ground->value_max_bytes) {
        return problem_set(problem, GK_E_TOO_LARGE,
                "the generated value would be larger than the largest allowed, %zu bytes",
                ground->value_max_bytes);
    }
    return 0;
}

/*
 * Completes the definition, and decides what makes the secret agree with it. The definition's
 * value_source is VALUE_KEPT afterwards if no new version is needed.
 */
static int complete(const struct ground *ground, struct definition *definition,
        enum agreement *ret_agreement, struct problem *problem) {
    const struct secret *before = &ground->before;
    struct secret after = {.ttl_s = definition->ttl_s};
    bool is_fresh = has_fresh_value(ground, definition);
    int error;

    if (ground->found) {
        keep_lists(&definition->policy, &before->policy);
    }
    error = policy_resolve(
            &definition->policy, NULL, ground->value_max_bytes, &after.policy, problem);
    if (error != 0) {
        return error;
    }
    error = definition_check(&after, problem);
    if (error != 0) {
        return error;
    }
    error = secret_check_not_deleted(before, problem);
    if (error != 0) {
        return error;
    }
    if (definition->value_source != VALUE_GIVEN) {
        definition->value_source = is_fresh ? VALUE_KEPT : VALUE_GENERATED;
    } else if (is_fresh && definition->binary == before->current.binary &&
               span_equals(definition->value, before->current.value)) {
        definition->value_source = VALUE_KEPT;
    }
    if (definition->value_source == VALUE_GENERATED) {
        error = check_generated(ground, definition, &after.policy, problem);
    }
    if (error != 0) {
        return error;
    }
    *ret_agreement = !ground->found ? AGREES_ONCE_MADE
                     : definition->value_source == VALUE_KEPT &&
                                     is_defined_so(before, definition, &after.policy)
                             ? AGREES_ALREADY
                             : AGREES_ONCE_CHANGED;
    return 0;
}

/* Changes all but the value. The event is that of a put. */
static int redefine(struct broker *broker, struct definition *definition, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition->is_put = true;
    definition->has_ttl = true;
    definition->has_env = true;
    definition->has_description = true;
    definition->has_labels = true;
    definition->labels_reset = true;
    definition->policy.given = true;
    definition->policy.reset = true;
    return broker_patch(broker, definition, &secret, problem);
}

static int put(struct broker *broker, struct definition *definition, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    return broker_put(broker, definition, &secret, problem);
}

int broker_agree(struct broker *broker, struct definition *definition, bool is_dry,
        enum agreement *ret_agreement, struct problem *problem) {
    GK_CLEANUP(ground_deinit)
    struct ground ground = {
            .now = broker->clock.now, .value_max_bytes = broker->options.value_max_bytes};
    struct tombstone tombstone = {0};
    enum agreement agreement;
    int error = change_find_before(
            broker->store, definition->name, &ground.before, &ground.found, &tombstone);

    if (error != 0) {
        return not_readable(error, problem, definition->name);
    }
    ground.generation = ground.found ? ground.before.generation : tombstone.generation;
    error = complete(&ground, definition, &agreement, problem);
    if (error != 0) {
        return error;
    }
    *ret_agreement = agreement;
    if (is_dry || agreement == AGREES_ALREADY) {
        return 0;
    }
    return definition->value_source == VALUE_KEPT ? redefine(broker, definition, problem)
                                                  : put(broker, definition, problem);
}

int definition_check_new(
        struct definition *definition, size_t value_max_bytes, struct problem *problem) {
    const struct ground empty = {.value_max_bytes = value_max_bytes};
    enum agreement agreement;

    return complete(&empty, definition, &agreement, problem);
}

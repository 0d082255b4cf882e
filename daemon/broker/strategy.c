#include "broker/strategy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "broker/parameter.h"
#include "broker/strategies/table.h"

#define KNOWN_MAX_BYTES 256

static const struct strategy *const strategies[] = {
#define STRATEGY_ROW(symbol) &strategy_##symbol,
        STRATEGIES(STRATEGY_ROW)
#undef STRATEGY_ROW
};

#define STRATEGY_COUNT (sizeof(strategies) / sizeof(strategies[0]))

const struct strategy *strategy_find(struct span name) {
    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        if (span_is(name, strategies[i]->name)) {
            return strategies[i];
        }
    }
    return NULL;
}

const struct strategy *strategy_default(void) {
    return strategies[0];
}

/* The index of the parameter of that name; parameter_count if the strategy has none. */
static size_t parameter_place(const struct strategy *strategy, struct span name) {
    size_t at = 0;

    while (at < strategy->parameter_count && !span_is(name, strategy->parameters[at].name)) {
        at++;
    }
    return at;
}

const char *strategy_parameter_name(struct span name) {
    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        size_t at = parameter_place(strategies[i], name);

        if (at < strategies[i]->parameter_count) {
            return strategies[i]->parameters[at].name;
        }
    }
    return NULL;
}

static int refuse_strategy(struct problem *problem) {
    char known[KNOWN_MAX_BYTES] = "";
    size_t len = 0;

    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        int printed = snprintf(
                known + len, sizeof(known) - len, "%s%s", i == 0 ? "" : ", ", strategies[i]->name);

        if (printed < 0 || (size_t)printed >= sizeof(known) - len) {
            break;
        }
        len += (size_t)printed;
    }
    return problem_set_field(problem, GK_E_BAD_REQUEST, FIELD_STRATEGY,
            "there is no such strategy; there are %s", known);
}

/* Gives each parameter of a strategy its default. */
static void policy_reset(struct policy *policy, const struct strategy *strategy) {
    policy->strategy = span_of(strategy->name);
    policy->parameter_count = strategy->parameter_count;
    for (size_t i = 0; i < strategy->parameter_count; i++) {
        const struct strategy_parameter *declared = &strategy->parameters[i];

        policy->parameters[i] = (struct parameter){0};
        if (declared->type == PARAMETER_INTEGER && !declared->required) {
            policy->parameters[i].type = PARAMETER_INTEGER;
            policy->parameters[i].integer = declared->fallback;
        }
    }
}

/* Sets the parameters that change gives. */
static int apply_parameters(const struct policy_change *change, const struct strategy *strategy,
        size_t value_max_bytes, struct policy *policy, struct problem *problem) {
    for (size_t i = 0; i < change->parameter_count; i++) {
        const char *name = change->parameters[i].name;
        const struct parameter *given = &change->parameters[i].value;
        size_t at = parameter_place(strategy, span_of(name));
        int error;

        if (at == strategy->parameter_count) {
            return problem_set_parameter(
                    problem, name, "strategy '%s' has no parameter '%s'", strategy->name, name);
        }
        if (given->type == PARAMETER_NONE) {
            struct policy defaults;

            policy_reset(&defaults, strategy);
            policy->parameters[at] = defaults.parameters[at];
            continue;
        }
        error = parameter_check(&strategy->parameters[at], given, value_max_bytes, problem);
        if (error != 0) {
            return error;
        }
        policy->parameters[at] = *given;
    }
    for (size_t i = 0; i < strategy->parameter_count; i++) {
        if (policy->parameters[i].type == PARAMETER_NONE) {
            return problem_set_parameter(problem, strategy->parameters[i].name,
                    "strategy '%s' needs the parameter '%s'", strategy->name,
                    strategy->parameters[i].name);
        }
    }
    return 0;
}

int policy_resolve(const struct policy_change *change, const struct policy *base,
        size_t value_max_bytes, struct policy *ret_policy, struct problem *problem) {
    bool starts_anew = base == NULL || (change->given && change->reset);
    struct policy policy = {0};
    struct span name = change->given ? change->strategy : SPAN_NULL;
    const struct strategy *strategy;
    int error;

    if (name.data == NULL) {
        name = starts_anew ? span_of(strategy_default()->name) : base->strategy;
    }
    strategy = strategy_find(name);
    if (strategy == NULL) {
        return refuse_strategy(problem);
    }
    if (!starts_anew) {
        policy = *base;
    }
    if (starts_anew || !span_equals(base->strategy, name)) {
        policy_reset(&policy, strategy);
    }
    if (change->given) {
        if (change->has_on_expiry) {
            policy.on_expiry = change->on_expiry;
        }
        if (change->has_grace) {
            policy.grace_s = change->grace_s;
        }
        error = apply_parameters(change, strategy, value_max_bytes, &policy, problem);
        if (error != 0) {
            return error;
        }
    }
    if (policy.on_expiry && strategy->make == NULL) {
        return problem_set_field(problem, GK_E_BAD_REQUEST, FIELD_ON_EXPIRY,
                "strategy '%s' makes no values, so the secret cannot rotate on expiry",
                strategy->name);
    }
    *ret_policy = policy;
    return 0;
}

int policy_change_check(const struct policy_change *change, size_t value_max_bytes,
        struct policy *ret_policy, struct problem *problem) {
    struct policy_change supposed = *change;
    struct problem first = PROBLEM_NULL;
    int error = GK_E_BAD_REQUEST;

    if (!change->given || change->reset || change->strategy.data != NULL) {
        return policy_resolve(change, NULL, value_max_bytes, ret_policy, problem);
    }
    /* the secret's own strategy is not known, so the change is valid if one strategy takes it */
    for (size_t i = 0; error != 0 && i < STRATEGY_COUNT; i++) {
        struct problem fault = PROBLEM_NULL;

        supposed.strategy = span_of(strategies[i]->name);
        error = policy_resolve(&supposed, NULL, value_max_bytes, ret_policy, &fault);
        if (error != 0 && change->parameter_count > 0 &&
                parameter_place(strategies[i], span_of(change->parameters[0].name)) <
                        strategies[i]->parameter_count) {
            first = fault; /* this strategy has the parameter: its sentence says what is wrong */
        }
    }
    if (error != 0) {
        *problem = first;
    }
    return error;
}

/* Whether a policy from the store is one that policy_resolve() could have made. */
static bool policy_is_sound(const struct strategy *strategy, const struct policy *policy) {
    struct problem ignored = PROBLEM_NULL;

    if (policy->parameter_count != strategy->parameter_count) {
        return false;
    }
    for (size_t i = 0; i < strategy->parameter_count; i++) {
        /* limits of size may have been larger when it was put */
        if (parameter_check(&strategy->parameters[i], &policy->parameters[i], SIZE_MAX, &ignored) !=
                0) {
            return false;
        }
    }
    return true;
}

int strategy_make(const struct policy *policy, struct keyring *keyring, struct span name,
        uint64_t generation, uint64_t version, size_t value_max_bytes, struct buffer *ret_value) {
    const struct strategy *strategy = strategy_find(policy->strategy);
    struct making making = {
            .name = name,
            .generation = generation,
            .version = version,
            .value_max_bytes = value_max_bytes,
            .policy = policy,
    };
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    int error;

    if (strategy != NULL && strategy->make == NULL) {
        return GK_E_CANNOT_ROTATE;
    }
    if (strategy == NULL || generation == 0 || !policy_is_sound(strategy, policy)) {
        return -EINVAL;
    }
    buffer_deinit(ret_value);
    making.stream = keystream_start(keyring, KEYSTREAM_VALUE, name, generation);
    strategy->make(&making, &value);
    error = keystream_finish(making.stream);
    keystream_stop(making.stream);
    if (error != 0) {
        return error;
    }
    error = buffer_finish(&value);
    if (error != 0) {
        return error;
    }
    if (value.len > value_max_bytes) {
        return GK_E_TOO_LARGE;
    }
    *ret_value = value;
    value = BUFFER_NULL;
    return 0;
}

size_t strategy_measure(
        const struct policy *policy, struct span name, uint64_t generation, uint64_t version) {
    const struct strategy *strategy = strategy_find(policy->strategy);
    struct making making = {
            .name = name, .generation = generation, .version = version, .policy = policy};

    if (strategy == NULL || strategy->measure == NULL || !policy_is_sound(strategy, policy)) {
        return 0; /* strategy_make() fails, too */
    }
    return strategy->measure(&making);
}

bool strategy_may_shrink(const struct policy *policy) {
    const struct strategy *strategy = strategy_find(policy->strategy);

    return strategy == NULL || strategy->may_shrink;
}

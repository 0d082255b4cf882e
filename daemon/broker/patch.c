/* patch: changes what the definition gives, and nothing else (contract, section 3). */
#include "broker/broker_internal.h"
#include "broker/change.h"
#include "broker/secrets.h"
#include "broker/version_labels.h"
#include "broker/versions_internal.h"

/* The secret does not exist. A definition that no secret could have gets its own sentence. */
static int refuse_missing(
        struct broker *broker, const struct definition *definition, struct problem *problem) {
    struct secret secret = {.ttl_s = definition->has_ttl ? definition->ttl_s : 1};
    int error = policy_change_check(
            &definition->policy, broker->options.value_max_bytes, &secret.policy, problem);

    if (error != 0) {
        return error;
    }
    error = definition_check(&secret, problem);
    if (error != 0) {
        return error;
    }
    if (definition->value_source == VALUE_GENERATED && span_is(secret.policy.strategy, "none")) {
        return cannot_generate(problem);
    }
    return no_secret(problem, definition->name);
}

/* Changes what the definition gives: all but numbers and times. */
static int define(struct broker *broker, const struct definition *definition,
        const struct secret *before, struct secret *secret, struct problem *problem) {
    int error = 0;

    if (definition->has_ttl) {
        secret->ttl_s = definition->ttl_s;
    }
    if (definition->is_from_now) {
        secret->in_force_at = broker->clock.now;
    }
    if (definition->has_extra) {
        secret->extra = definition->extra;
    }
    if (definition->has_env) {
        secret->env_source = definition->env_source;
        secret->env = definition->env;
    }
    if (definition->has_description) {
        secret->description = definition->description;
    }
    if (definition->policy.given) {
        error = policy_resolve(&definition->policy, &before->policy,
                broker->options.value_max_bytes, &secret->policy, problem);
    }
    if (error != 0) {
        return error;
    }
    error = definition_check(secret, problem);
    if (error != 0) {
        return error;
    }
    if (definition->value_source != VALUE_KEPT) {
        error = definition_value(broker, definition, secret, problem);
    }
    return error != 0 ? error : definition_labels(definition, before, secret, problem);
}

/*
 * Stores a secret whose value did not change. Its expiry is armed if it is in the future, if it has
 * not fired yet, or if the secret rotates on expiry.
 */
static int keep_same_version(
        struct broker *broker, struct secret *secret, const struct secret *before, instant now) {
    bool had_fired = secret_is_expired(before, now) && !before->armed;

    secret->revision += 1;
    secret->updated_at = now;
    secret->armed = secret->ttl_s != 0 && secret->current.number != 0 &&
                    (!secret_is_expired(secret, now) || !had_fired || secret->policy.on_expiry);
    return store_put_secret(broker->store, secret);
}

static int keep_value(struct broker *broker, const struct definition *definition, enum cause cause,
        struct secret *secret, struct secret *before) {
    int error;

    if (definition->value_source == VALUE_KEPT) {
        return keep_same_version(broker, secret, before, broker->clock.now);
    }
    error = labels_take(broker, before, definition->version_labels);
    if (error != 0) {
        return error;
    }
    return version_keep(broker, secret, before, cause, broker->clock.now);
}

static int keep(struct broker *broker, const struct definition *definition, struct secret *secret,
        struct secret *before) {
    enum cause cause = definition->is_put ? CAUSE_PUT : CAUSE_PATCH;
    instant now = broker->clock.now;
    int error = keep_value(broker, definition, cause, secret, before);

    if (error != 0) {
        return error;
    }
    return event_append(broker, EVENT_UPDATED, cause, secret, now, SPAN_NULL);
}

static int patch(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    SECRET_AUTO struct secret after = SECRET_NULL;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_get_secret(broker->store, definition->name, &before);
    if (error == GK_E_NO_SECRET) {
        return refuse_missing(broker, definition, problem);
    }
    if (error != 0) {
        return not_readable(error, problem, definition->name);
    }
    after = before;
    error = define(broker, definition, &before, &after, problem);
    if (error != 0) {
        return error;
    }
    error = expectation_check(definition->expectation, &before, definition->name, problem);
    if (error != 0) {
        return error;
    }
    error = secret_check_not_deleted(&before, problem);
    if (error != 0) {
        return error;
    }
    error = keep(broker, definition, &after, &before);
    if (error != 0) {
        return error;
    }
    error = fire_if_due(broker, &after);
    if (error != 0) {
        return error;
    }
    *ret_secret = after;
    after = SECRET_NULL;
    return 0;
}

int broker_patch(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, patch(broker, definition, ret_secret, problem));
}

/* PATCH: what is given changes, all else stays (RFC 7396; contract, section 3). */
#include "broker/broker_internal.h"

/* A secret that is not there cannot be patched; yet a policy that no secret could have is a 400. */
static int refuse_missing(
        struct broker *broker, const struct definition *definition, struct problem *problem) {
    struct secret secret = {.ttl_s = definition->has_ttl ? definition->ttl_s : 1};
    int error = policy_change_check(
            &definition->policy, broker->options.value_max_bytes, &secret.policy, problem);

    if (error == 0) {
        error = definition_check(&secret, problem);
    }
    if (error == 0 && definition->value_source == VALUE_GENERATED &&
            span_is(secret.policy.strategy, "none")) {
        error = cannot_generate(problem);
    }
    return error != 0 ? error : no_secret(problem, definition->name);
}

/* What secret becomes under the definition, but for numbers and times. */
static int apply(struct broker *broker, const struct definition *definition,
        const struct secret *before, struct secret *secret, struct problem *problem) {
    int error = 0;

    if (definition->has_ttl) {
        secret->ttl_s = definition->ttl_s;
    }
    if (definition->has_env) {
        secret->env_source = definition->env_source;
        secret->env = definition->env;
    }
    if (definition->policy.given) {
        error = policy_resolve(&definition->policy, &before->policy,
                broker->options.value_max_bytes, &secret->policy, problem);
    }
    if (error == 0) {
        error = definition_check(secret, problem);
    }
    if (error == 0 && definition->value_source != VALUE_KEPT) {
        error = definition_value(broker, definition, secret, problem);
    }
    if (error == 0) {
        error = definition_labels(definition, before, secret, problem);
    }
    return error;
}

/*
 * Keeps a secret whose value is the one it had. Its expiry is armed anew where it lies ahead, where
 * it is to rotate, or where it is reached only by this change; one that has fired stays fired.
 */
static int keep_same_version(
        struct txn *txn, struct secret *secret, const struct secret *before, instant now) {
    bool had_fired = secret_is_expired(before, now) && !before->armed;

    secret->revision += 1;
    secret->updated_at = now;
    secret->armed = secret->ttl_s != 0 &&
                    (!secret_is_expired(secret, now) || !had_fired || secret->policy.on_expiry);
    return store_put_secret(txn, secret, before);
}

/* Fires what the patch has made due, and reads the secret as it is then. */
static int fire_if_due(struct broker *broker, struct txn *txn, struct secret *secret) {
    SECRET_AUTO struct secret fresh = SECRET_NULL;
    instant now = broker->clock.now;
    enum fired fired;
    int error;

    if (!secret->armed || !secret_is_expired(secret, now)) {
        return 0;
    }
    error = rotation_fire(broker, txn, secret->name, now, now, &fired);
    if (error == 0) {
        error = store_get_secret(txn, secret->name, &fresh);
    }
    if (error == 0) {
        secret_deinit(secret);
        *secret = fresh;
        fresh = SECRET_NULL;
    }
    return error;
}

static int keep(struct broker *broker, struct txn *txn, const struct definition *definition,
        struct secret *secret, const struct secret *before) {
    instant now = broker->clock.now;
    int error = definition->value_source == VALUE_KEPT
                        ? keep_same_version(txn, secret, before, now)
                        : version_keep(broker, txn, secret, before, CAUSE_PATCH, now);

    if (error == 0) {
        error = event_append(broker, txn, EVENT_UPDATED, CAUSE_PATCH, secret, now, SPAN_NULL);
    }
    return error;
}

static int patch(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    SECRET_AUTO struct secret after = SECRET_NULL;
    struct txn *txn;
    int error = store_write(broker->store, &txn);

    if (error == 0) {
        error = store_get_secret(txn, definition->name, &before);
    }
    if (error != 0) {
        return error == GK_E_NO_SECRET ? refuse_missing(broker, definition, problem)
                                       : not_readable(error, problem, definition->name);
    }
    after = before;
    after.storage = BUFFER_NULL;
    error = apply(broker, definition, &before, &after, problem);
    if (error == 0) {
        error = expectation_check(definition->expectation, &before, definition->name, problem);
    }
    if (error == 0) {
        error = keep(broker, txn, definition, &after, &before);
    }
    after.storage = before.storage; /* its spans point in there */
    before.storage = BUFFER_NULL;
    if (error == 0) {
        error = fire_if_due(broker, txn, &after);
    }
    if (error == 0) {
        *ret_secret = after;
        after = SECRET_NULL;
    }
    return error;
}

int broker_patch(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, patch(broker, definition, ret_secret, problem));
}

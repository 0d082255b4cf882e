/* New versions of secrets: when a client asks for one, and when a TTL ends. */
#include <errno.h>

#include "broker/broker_internal.h"
#include "broker/secrets.h"
#include "broker/staging.h"
#include "broker/versions_internal.h"

/* How many expiries fire before requests are served again. */
#define SLICE_FIRINGS 256
#define MS_PER_S 1000

#define REASON_TOO_LARGE SPAN_LITERAL("the value would be larger than the largest allowed")

int rotation_make_value(struct broker *broker, const struct policy *policy,
        const struct secret *secret, uint64_t version, struct buffer *ret_value) {
    return strategy_make(policy, broker->keyring, secret->name, secret->generation + 1, version,
            broker->options.value_max_bytes, ret_value);
}

/*
 * Whether the value of before's next version is dropped again before a client can see it. All that
 * is due up to until fires in this transaction. If that makes as many newer versions as are kept,
 * this one is dropped. False if one of those rotations might fail.
 */
static bool is_dropped_again(
        const struct broker *broker, const struct secret *before, instant at, instant until) {
    uint64_t more = (uint64_t)(until - at) / ((uint64_t)before->ttl_s * MS_PER_S);

    /* the version before the last one is the previous one, and kept in any case */
    return more >= versions_kept(broker, before) && more > 1 &&
           !strategy_may_shrink(&before->policy) &&
           strategy_measure(&before->policy, before->name, before->generation + 1 + more,
                   before->newest + 1 + more) <= broker->options.value_max_bytes;
}

/*
 * Rotates before; *ret_secret is the secret afterwards, whose spans point into before and into its
 * own buffer. Changes nothing if the value cannot be made. without_value: the value is left empty.
 * id: of the new version; empty: the one that is derived.
 */
static int rotate(struct broker *broker, const struct secret *before, enum cause cause, instant at,
        bool without_value, struct span id, struct secret *ret_secret) {
    SECRET_AUTO struct secret after = *before;
    int error = 0;

    after.made = BUFFER_NULL;
    if (!without_value) {
        error = rotation_make_value(
                broker, &before->policy, before, before->newest + 1, &after.made);
    }
    if (error != 0) {
        return error;
    }
    after.current.value = buffer_span(&after.made);
    after.current.binary = false;
    after.current.id = id;
    after.current.labels = SPAN_NULL;
    after.generation += 1;
    after.rotated_at = at;
    error = version_keep(broker, &after, before, cause, at);
    if (error != 0) {
        return error;
    }
    error = event_append(broker, EVENT_ROTATED, cause, &after, at, SPAN_NULL);
    if (error != 0) {
        return error;
    }
    *ret_secret = after;
    after = SECRET_NULL;
    return 0;
}

/* Marks before as expired; its expiry does not fire again. */
static int expire(
        struct broker *broker, const struct secret *before, enum fired fired, instant at) {
    struct secret after = *before;
    int error;

    after.armed = false;
    after.revision += 1;
    error = store_put_secret(broker->store, &after);
    if (error != 0) {
        return error;
    }
    return fired == FIRED_FAILED
                   ? event_append(broker, EVENT_FAILED, CAUSE_EXPIRY, &after, at, REASON_TOO_LARGE)
                   : event_append(broker, EVENT_EXPIRED, CAUSE_EXPIRY, &after, at, SPAN_NULL);
}

int rotation_fire(
        struct broker *broker, struct span name, instant at, instant until, enum fired *ret_fired) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    SECRET_AUTO struct secret after = SECRET_NULL;
    int error = store_get_secret(broker->store, name, &before);

    if (error != 0) {
        return error < 0 ? error : -EBADMSG; /* the index names a secret that is not there */
    }
    if (before.is_deleted) {
        *ret_fired = FIRED_DELETED;
        return remove_secret(broker, &before, EVENT_DELETED, CAUSE_EXPIRY, at);
    }
    if (before.policy.on_expiry) {
        error = rotate(broker, &before, CAUSE_EXPIRY, at,
                is_dropped_again(broker, &before, at, until), SPAN_NULL, &after);
    }
    if (error < 0) {
        return error;
    }
    *ret_fired = !before.policy.on_expiry ? FIRED_EXPIRED
                 : error == 0             ? FIRED_ROTATED
                                          : FIRED_FAILED;
    return *ret_fired == FIRED_ROTATED ? 0 : expire(broker, &before, *ret_fired, at);
}

int fire_if_due(struct broker *broker, struct secret *secret) {
    SECRET_AUTO struct secret fresh = SECRET_NULL;
    instant now = broker->clock.now;
    enum fired fired;
    int error;

    if (!secret->armed || !secret_is_expired(secret, now)) {
        return 0;
    }
    error = rotation_fire(broker, secret->name, now, now, &fired);
    if (error != 0) {
        return error;
    }
    error = store_get_secret(broker->store, secret->name, &fresh);
    if (error != 0) {
        return error;
    }
    secret_deinit(secret);
    *secret = fresh;
    fresh = SECRET_NULL;
    return 0;
}

/* Fires what is due up to target, a slice at most. *ret_due: what is due next. */
static int fire_slice(struct broker *broker, instant target, instant *ret_due) {
    enum fired fired;
    struct span name;

    store_first_due(broker->store, ret_due, &name);
    for (int i = 0; i < SLICE_FIRINGS && *ret_due <= target; i++) {
        int error;

        (void)clock_move_to_due(&broker->clock, *ret_due);
        error = rotation_fire(broker, name, broker->clock.now, broker->clock.now, &fired);
        if (error != 0) {
            return error;
        }
        store_first_due(broker->store, ret_due, &name);
    }
    return 0;
}

/* Fires a slice, and moves the clock to target if nothing more is due up to then. */
static int fire_up_to(struct broker *broker, instant target) {
    instant due;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = fire_slice(broker, target, &due);
    if (error != 0) {
        return error;
    }
    if (due > target) {
        (void)clock_move(&broker->clock, target);
    }
    return 0;
}

int rotation_catch_up(struct broker *broker, instant target) {
    struct span name;
    instant due;

    store_first_due(broker->store, &due, &name);
    if (due > target) {
        (void)clock_move(&broker->clock, target);
        return 0;
    }
    return turn_end(broker, fire_up_to(broker, target));
}

/* Fires all that is due up to now, at this instant. */
static int fire_missed(struct broker *broker, instant now) {
    enum fired fired;
    struct span name;
    instant due;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    store_first_due(broker->store, &due, &name);
    while (due <= now) {
        error = rotation_fire(broker, name, now, now, &fired);
        if (error != 0) {
            return error;
        }
        store_first_due(broker->store, &due, &name);
    }
    return 0;
}

int rotation_start_up(struct broker *broker) {
    instant now = clock_move(&broker->clock, clock_look(&broker->clock));

    return turn_end(broker, fire_missed(broker, now));
}

/* A client asked for a rotation that cannot be done: the old value stays. */
static int refuse_rotation(struct broker *broker, struct secret *secret, int outcome, instant at,
        struct problem *problem) {
    int error;

    if (outcome == GK_E_CANNOT_ROTATE) {
        return problem_set(problem, GK_E_CANNOT_ROTATE,
                "the rotation policy of '%.*s' is 'none': it cannot be rotated",
                SPAN_ARGS(secret->name));
    }
    secret->revision += 1;
    error = store_put_secret(broker->store, secret);
    if (error != 0) {
        return error;
    }
    error = event_append(broker, EVENT_FAILED, CAUSE_ROTATE, secret, at, REASON_TOO_LARGE);
    if (error != 0) {
        return error;
    }
    return problem_set(problem, GK_E_CANNOT_ROTATE,
            "the rotation policy of '%.*s' makes a value larger than the largest allowed",
            SPAN_ARGS(secret->name));
}

/*
 * Makes the next value a pending version. *ret_secret is the secret with that version in the place
 * of the current one, as broker_get_stage() reads it.
 */
static int rotate_pending(struct broker *broker, const struct secret *before, instant at,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret after = *before;
    struct event event = {
            .at = at, .kind = EVENT_PENDING, .cause = CAUSE_ROTATE, .name = before->name};
    struct version version = {.number = 0};
    int error;

    after.made = BUFFER_NULL;
    if (secret_pending(before) != 0) {
        return problem_set(problem, GK_E_CONFLICT,
                "version %llu of '%.*s' is pending already: promote or discard it first",
                (unsigned long long)before->pending, SPAN_ARGS(before->name));
    }
    error = rotation_make_value(broker, &before->policy, before, before->newest + 1, &after.made);
    if (error != 0) {
        return error;
    }
    version.value = buffer_span(&after.made);
    after.generation += 1;
    error = version_keep_aside(broker, &after, &version, true, CAUSE_ROTATE, at);
    if (error != 0) {
        return error;
    }
    event.version = version.number;
    error = event_keep(broker, &event);
    if (error != 0) {
        return error;
    }
    secret_tell(&after, &version);
    *ret_secret = after;
    after = SECRET_NULL;
    return 0;
}

static int rotate_on_demand(struct broker *broker, struct span name, bool is_pending,
        struct span id, struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    SECRET_AUTO struct secret after = SECRET_NULL;
    instant now = broker->clock.now;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_get_secret(broker->store, name, &before);
    if (error != 0) {
        return not_readable(error, problem, name);
    }
    error = secret_check_not_deleted(&before, problem);
    if (error != 0) {
        return error;
    }
    error = is_pending ? rotate_pending(broker, &before, now, &after, problem)
                       : rotate(broker, &before, CAUSE_ROTATE, now, false, id, &after);
    if (error == GK_E_CANNOT_ROTATE || error == GK_E_TOO_LARGE) {
        return refuse_rotation(broker, &before, error, now, problem);
    }
    if (error != 0) {
        return error;
    }
    *ret_secret = after;
    after = SECRET_NULL;
    return 0;
}

int broker_rotate(struct broker *broker, struct span name, bool is_pending,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(
            broker, rotate_on_demand(broker, name, is_pending, SPAN_NULL, ret_secret, problem));
}

int broker_rotate_as(struct broker *broker, struct span name, struct span id,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, rotate_on_demand(broker, name, false, id, ret_secret, problem));
}

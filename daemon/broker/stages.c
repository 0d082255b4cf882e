/* The verbs that move a stage to another version, or undo a deletion. */
#include <inttypes.h>

#include "broker/broker_internal.h"
#include "broker/versions_internal.h"

int secret_begin_change(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_get_secret(broker->store, name, ret_secret);
    return not_readable(error, problem, name);
}

/* The version that is to become current. number 0: the pending one. */
static int find_promoted(struct broker *broker, const struct secret *secret, uint64_t number,
        struct version *ret_version, struct problem *problem) {
    int error = secret_check_not_deleted(secret, problem);

    if (error != 0) {
        return error;
    }
    error = number == 0 ? version_of_stage(broker, secret, STAGE_PENDING, ret_version, problem)
                        : version_find(broker, secret, number, ret_version, problem);
    return error != 0 ? error : version_check_live(secret, ret_version, GK_E_CONFLICT, problem);
}

/* Stores the secret, whose current version was kept aside before, with the event. */
static int keep_promoted(struct broker *broker, struct secret *secret, const struct secret *before,
        bool keeps_pending) {
    uint64_t number = secret->current.number;
    int error = version_put_in_force(broker, secret, before, broker->clock.now);

    if (error != 0) {
        return error;
    }
    if (keeps_pending && before->pending == number) {
        secret->pending = number;
        error = store_put_secret(broker->store, secret);
        if (error != 0) {
            return error;
        }
    }
    error = store_drop_version(broker->store, secret->name, number);
    if (error != 0) {
        return error;
    }
    error = versions_prune(broker, secret);
    if (error != 0) {
        return error;
    }
    return event_append(
            broker, EVENT_PROMOTED, CAUSE_PROMOTE, secret, broker->clock.now, SPAN_NULL);
}

int version_promote(struct broker *broker, struct span name, uint64_t number, bool keeps_pending,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    struct version version;
    struct secret after;
    int error = secret_begin_change(broker, name, &before, problem);

    if (error != 0) {
        return error;
    }
    error = find_promoted(broker, &before, number, &version, problem);
    if (error != 0) {
        return error;
    }
    after = before;
    if (version.number != before.current.number) {
        after.revision += 1;
        after.current = version;
        error = keep_promoted(broker, &after, &before, keeps_pending);
        if (error != 0) {
            return error;
        }
    }
    *ret_secret = after;
    return 0;
}

/* Forgets the pending version, unless it is kept for another stage. */
static int drop_pending(struct broker *broker, struct secret *secret, struct problem *problem) {
    struct version version;
    int error = version_of_stage(broker, secret, STAGE_PENDING, &version, problem);

    if (error != 0) {
        return error;
    }
    if (version.number == secret->previous || version.labels.len > 0) {
        return 0;
    }
    secret->has_gaps = true;
    return store_drop_version(broker->store, secret->name, version.number);
}

static int discard(struct broker *broker, struct span name, uint64_t number, uint64_t *ret_number,
        struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct event event = {
            .at = broker->clock.now, .kind = EVENT_DISCARDED, .cause = CAUSE_DISCARD, .name = name};
    int error = secret_begin_change(broker, name, &secret, problem);

    if (error != 0) {
        return error;
    }
    if (secret_pending(&secret) == 0) {
        return problem_set(problem, GK_E_NO_VERSION, "'%.*s' has no %s version", SPAN_ARGS(name),
                stage_text(STAGE_PENDING));
    }
    if (number != 0 && number != secret.pending) {
        return problem_set(problem, GK_E_NO_VERSION,
                "version %" PRIu64 " of '%.*s' is not pending; version %" PRIu64 " is", number,
                SPAN_ARGS(name), secret.pending);
    }
    event.version = secret.pending;
    error = drop_pending(broker, &secret, problem);
    if (error != 0) {
        return error;
    }
    secret.pending = 0;
    secret.revision += 1;
    error = store_put_secret(broker->store, &secret);
    if (error != 0) {
        return error;
    }
    error = event_keep(broker, &event);
    if (error != 0) {
        return error;
    }
    *ret_number = event.version;
    return 0;
}

/* Stores secret, of which something was restored, with its event. */
static int keep_restored(struct broker *broker, struct secret *secret) {
    int error;

    secret->revision += 1;
    error = store_put_secret(broker->store, secret);
    if (error != 0) {
        return error;
    }
    return event_append(
            broker, EVENT_RESTORED, CAUSE_RESTORE, secret, broker->clock.now, SPAN_NULL);
}

/* What would have fallen due while the secret was deleted fires now, once. */
static int restore_secret(struct broker *broker, struct secret *secret) {
    int error;

    secret->is_deleted = false;
    secret->deleted_at = 0;
    secret->gone_at = 0;
    error = keep_restored(broker, secret);
    return error != 0 ? error : fire_if_due(broker, secret);
}

static int restore_version(
        struct broker *broker, struct secret *secret, uint64_t number, struct problem *problem) {
    struct version version;
    int error = version_find(broker, secret, number, &version, problem);

    if (error != 0 || version.state == VERSION_LIVE) {
        return error;
    }
    if (version.state == VERSION_DESTROYED) {
        return version_check_live(secret, &version, GK_E_CONFLICT, problem);
    }
    version.state = VERSION_LIVE;
    version.deleted_at = 0;
    if (number == secret->current.number) {
        secret->current = version;
    } else {
        error = store_put_version(broker->store, secret->name, &version);
    }
    return error != 0 ? error : keep_restored(broker, secret);
}

static int restore(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = secret_begin_change(broker, name, &secret, problem);

    if (error != 0) {
        return error;
    }
    if (secret.is_deleted) {
        error = number != 0 ? secret_check_value(&secret, problem)
                            : restore_secret(broker, &secret);
    } else if (number != 0 || secret.current.number != 0) {
        error = restore_version(
                broker, &secret, number != 0 ? number : secret.current.number, problem);
    }
    if (error != 0) {
        return error;
    }
    *ret_secret = secret;
    secret = SECRET_NULL;
    return 0;
}

int broker_promote(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, version_promote(broker, name, number, false, ret_secret, problem));
}

int broker_discard(struct broker *broker, struct span name, uint64_t number, uint64_t *ret_number,
        struct problem *problem) {
    return verb_end(broker, discard(broker, name, number, ret_number, problem));
}

int broker_restore(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, restore(broker, name, number, ret_secret, problem));
}

#include "broker/staging.h"

#include "broker/broker_internal.h"
#include "broker/change.h"
#include "broker/versions_internal.h"

static int put_aside(struct broker *broker, const struct definition *definition, bool is_pending,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct secret valued = SECRET_NULL; /* only its current version is used */
    struct event event = {.at = broker->clock.now,
            .kind = is_pending ? EVENT_PENDING : EVENT_UPDATED,
            .cause = CAUSE_PUT,
            .name = definition->name};
    int error = secret_begin_change(broker, definition->name, &secret, problem);

    if (error != 0) {
        return error;
    }
    error = secret_check_not_deleted(&secret, problem);
    if (error != 0) {
        return error;
    }
    error = definition_value(broker, definition, &valued, problem);
    if (error != 0) {
        return error;
    }
    error = labels_take(broker, &secret, definition->version_labels);
    if (error != 0) {
        return error;
    }
    error = version_keep_aside(broker, &secret, &valued.current, is_pending, CAUSE_PUT, event.at);
    if (error != 0) {
        return error;
    }
    event.version = is_pending ? secret.pending : secret.current.number;
    error = event_keep(broker, &event);
    if (error != 0) {
        return error;
    }
    secret.current = valued.current;
    *ret_secret = secret;
    secret = SECRET_NULL;
    return 0;
}

/* Stores the secret, of which a stage or label has moved, with the event. */
static int keep_moved(
        struct broker *broker, struct secret *secret, struct event event, struct problem *problem) {
    int error;

    event.at = broker->clock.now;
    event.name = secret->name;
    secret->revision += 1;
    error = store_put_secret(broker->store, secret);
    if (error != 0) {
        return error;
    }
    error = versions_prune(broker, secret);
    return error != 0 ? error : event_keep(broker, &event);
}

/* Reads the secret, and the version to which something moves; number 0: to none. */
static int find_moved(struct broker *broker, struct span name, uint64_t number,
        struct secret *secret, struct version *ret_version, struct problem *problem) {
    int error = secret_begin_change(broker, name, secret, problem);

    if (error != 0) {
        return error;
    }
    error = secret_check_not_deleted(secret, problem);
    if (error != 0 || number == 0) {
        return error;
    }
    error = version_find(broker, secret, number, ret_version, problem);
    return error != 0 ? error : version_check_live(secret, ret_version, GK_E_CONFLICT, problem);
}

static int set_stage(struct broker *broker, struct span name, enum stage stage, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct version version;
    struct event event = {.kind = EVENT_UPDATED, .cause = CAUSE_STAGE};
    int error;

    if (stage == STAGE_CURRENT) {
        return version_promote(broker, name, number, true, ret_secret, problem);
    }
    error = find_moved(broker, name, number, &secret, &version, problem);
    if (error != 0) {
        return error;
    }
    if (number == (stage == STAGE_PENDING ? secret.pending : secret.previous)) {
        *ret_secret = secret; /* nothing changes */
        secret = SECRET_NULL;
        return 0;
    }
    event.version = secret.current.number;
    if (stage == STAGE_PENDING) {
        event.kind = number != 0 ? EVENT_PENDING : EVENT_DISCARDED;
        event.cause = number != 0 ? CAUSE_PUT : CAUSE_DISCARD;
        event.version = number != 0 ? number : secret.pending;
        secret.pending = number;
    } else {
        secret.previous = number;
    }
    error = keep_moved(broker, &secret, event, problem);
    if (error != 0) {
        return error;
    }
    *ret_secret = secret;
    secret = SECRET_NULL;
    return 0;
}

static int set_label(struct broker *broker, struct span name, struct span label, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct version version;
    struct event event = {.kind = EVENT_UPDATED, .cause = CAUSE_STAGE};
    int error = find_moved(broker, name, number, &secret, &version, problem);

    if (error != 0) {
        return error;
    }
    if (number != 0 && version_has_label(&version, label)) {
        *ret_secret = secret; /* nothing changes */
        secret = SECRET_NULL;
        return 0;
    }
    error = label_take(broker, &secret, label);
    if (error != 0) {
        return error;
    }
    error = number != 0 ? label_give(broker, &secret, &version, label) : 0;
    if (error != 0) {
        return error;
    }
    event.version = secret.current.number;
    error = keep_moved(broker, &secret, event, problem);
    if (error != 0) {
        return error;
    }
    *ret_secret = secret;
    secret = SECRET_NULL;
    return 0;
}

int broker_put_aside(struct broker *broker, const struct definition *definition, bool is_pending,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, put_aside(broker, definition, is_pending, ret_secret, problem));
}

int broker_set_stage(struct broker *broker, struct span name, enum stage stage, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, set_stage(broker, name, stage, number, ret_secret, problem));
}

int broker_set_label(struct broker *broker, struct span name, struct span label, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, set_label(broker, name, label, number, ret_secret, problem));
}

uint64_t broker_born_after(struct broker *broker, struct span name) {
    struct tombstone tombstone;

    return store_get_tombstone(broker->store, name, &tombstone) == 0 ? tombstone.revision : 0;
}

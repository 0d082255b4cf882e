#include "broker/version_states.h"

#include "broker/broker_internal.h"
#include "broker/versions_internal.h"

instant broker_version_ends_at(const struct secret *secret, const struct version *version) {
    if (version->number == secret->current.number) {
        return secret_expires_at(secret);
    }
    return version->ends_at != 0 ? version->ends_at : INT64_MAX;
}

bool broker_is_among_newest(
        const struct broker *broker, const struct secret *secret, uint64_t number) {
    return version_is_among_newest(broker, secret, number);
}

/* Of the current version that is the secret's TTL. */
static void remove_end(struct secret *secret, struct version *version) {
    version->ends_at = 0;
    if (version->number == secret->current.number) {
        secret->ttl_s = 0;
        secret->armed = false;
        secret->policy.on_expiry = false;
    }
}

static bool undelete(struct secret *secret, struct version *version, instant now) {
    bool is_over = now >= broker_version_ends_at(secret, version);

    if (version->state == VERSION_DESTROYED || (version->state == VERSION_LIVE && !is_over)) {
        return false;
    }
    version->state = VERSION_LIVE;
    version->deleted_at = 0;
    if (is_over) {
        remove_end(secret, version);
    }
    return true;
}

/* Returns whether the version is changed. */
static bool change_one(
        struct secret *secret, struct version *version, enum version_change change, instant now) {
    switch (change) {
    case VERSION_DELETE:
        if (version->state != VERSION_LIVE) {
            return false;
        }
        version->state = VERSION_DELETED;
        version->deleted_at = now;
        return true;
    case VERSION_UNDELETE:
        return undelete(secret, version, now);
    case VERSION_DESTROY:
        break;
    }
    if (version->state == VERSION_DESTROYED) {
        return false;
    }
    version->state = VERSION_DESTROYED;
    version->value = SPAN_NULL;
    return true;
}

/* Changes that version, if it is kept. A pending one stays: it can only be discarded. */
static int change_number(struct broker *broker, struct secret *secret, uint64_t number,
        enum version_change change, bool *ret_changed) {
    struct problem problem = PROBLEM_NULL;
    struct version version;
    int error = version_find(broker, secret, number, &version, &problem);

    if (error == GK_E_NO_VERSION) {
        return 0;
    }
    if (error != 0) {
        return error;
    }
    if (number == secret_pending(secret) ||
            !change_one(secret, &version, change, broker->clock.now)) {
        return 0;
    }
    *ret_changed = true;
    if (number == secret->current.number) {
        secret->current = version;
        return 0;
    }
    return store_put_version(broker->store, secret->name, &version);
}

static int change_versions(struct broker *broker, struct span name, enum version_change change,
        const uint64_t *numbers, size_t count) {
    bool restores = change == VERSION_UNDELETE;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    bool is_changed = false;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_get_secret(broker->store, name, &secret);
    if (error == GK_E_NO_SECRET) {
        return 0;
    }
    if (error != 0) {
        return error;
    }
    if (secret.is_deleted) {
        return 0;
    }
    for (size_t at = 0; at < count; at++) {
        error = change_number(broker, &secret, numbers[at], change, &is_changed);
        if (error != 0) {
            return error;
        }
    }
    if (!is_changed) {
        return 0;
    }
    secret.revision += 1;
    error = store_put_secret(broker->store, &secret);
    if (error != 0) {
        return error;
    }
    return event_append(broker, restores ? EVENT_RESTORED : EVENT_UPDATED,
            restores ? CAUSE_RESTORE : CAUSE_DELETE, &secret, broker->clock.now, SPAN_NULL);
}

int broker_change_versions(struct broker *broker, struct span name, enum version_change change,
        const uint64_t *numbers, size_t count) {
    return verb_end(broker, change_versions(broker, name, change, numbers, count));
}

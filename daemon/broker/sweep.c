/* The verbs that remove many secrets at once. */
#include "broker/apply.h"
#include "broker/broker_internal.h"
#include "broker/secrets.h"
#include "common/cleanup.h"

/* Names of secrets to be removed: they are collected first, since a walk must change nothing. */
struct sweep {
    instant now;
    bool (*is_named)(const void *document, struct span name); /* for a prune only */
    const void *document;
    struct buffer names; /* each as a packed text: model/policy.h */
};

static void sweep_deinit(struct sweep *sweep) {
    buffer_deinit(&sweep->names);
}

static int collect(void *userdata, const struct secret *secret) {
    struct sweep *sweep = userdata;
    char length[4];

    list_put_length(length, (uint32_t)secret->name.len);
    buffer_append(&sweep->names, length, sizeof(length));
    buffer_append_span(&sweep->names, secret->name);
    return buffer_finish(&sweep->names);
}

/* An armed secret is left out, since its expiry is about to fire. */
static int collect_expired(void *userdata, const struct secret *secret) {
    struct sweep *sweep = userdata;

    if (!secret_is_expired(secret, sweep->now) || secret->armed || !secret_has_value(secret)) {
        return 0;
    }
    return collect(userdata, secret);
}

static int collect_unless_named(void *userdata, const struct secret *secret) {
    const struct sweep *sweep = userdata;

    return !secret_has_value(secret) || sweep->is_named(sweep->document, secret->name)
                   ? 0
                   : collect(userdata, secret);
}

/* Removes the secrets whose names were collected, and tells each; on_removed may be NULL. */
static int remove_all(struct broker *broker, const struct sweep *sweep, enum event_kind kind,
        enum cause cause, void (*on_removed)(void *userdata, struct span name), void *userdata) {
    struct span rest = buffer_span(&sweep->names);
    struct span name;

    while (list_next(&rest, &name)) {
        SECRET_AUTO struct secret secret = SECRET_NULL;
        int error = store_get_secret(broker->store, name, &secret);

        if (error != 0) {
            return error;
        }
        error = remove_secret(broker, &secret, kind, cause, broker->clock.now);
        if (error != 0) {
            return error;
        }
        if (on_removed != NULL) {
            on_removed(userdata, name);
        }
    }
    return 0;
}

static int cleanup(struct broker *broker, void (*on_removed)(void *userdata, struct span name),
        void *userdata) {
    GK_CLEANUP(sweep_deinit) struct sweep sweep = {.now = broker->clock.now};
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_walk_expired(broker->store, SPAN_NULL, SPAN_NULL, collect_expired, &sweep);
    if (error != 0) {
        return error;
    }
    return remove_all(broker, &sweep, EVENT_CLEANED, CAUSE_CLEANUP, on_removed, userdata);
}

static int delete_below(struct broker *broker, struct span prefix) {
    GK_CLEANUP(sweep_deinit) struct sweep sweep = {.now = broker->clock.now};
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_walk_secrets(broker->store, prefix, SPAN_NULL, collect, &sweep);
    if (error != 0) {
        return error;
    }
    return remove_all(broker, &sweep, EVENT_DELETED, CAUSE_DELETE, NULL, NULL);
}

int broker_cleanup(struct broker *broker, void (*on_removed)(void *userdata, struct span name),
        void *userdata) {
    return verb_end(broker, cleanup(broker, on_removed, userdata));
}

int broker_delete_below(struct broker *broker, struct span prefix) {
    return verb_end(broker, delete_below(broker, prefix));
}

static int prune(struct broker *broker, struct sweep *sweep, bool is_dry,
        void (*on_deleted)(void *userdata, struct span name), void *userdata) {
    struct span rest;
    struct span name;
    int error =
            store_walk_secrets(broker->store, SPAN_NULL, SPAN_NULL, collect_unless_named, sweep);

    if (error != 0) {
        return error;
    }
    rest = buffer_span(&sweep->names);
    while (is_dry && list_next(&rest, &name)) {
        on_deleted(userdata, name);
    }
    if (is_dry || sweep->names.len == 0) {
        return 0;
    }
    error = store_open_turn(broker->store);
    if (error != 0) {
        return error;
    }
    return remove_all(broker, sweep, EVENT_DELETED, CAUSE_DELETE, on_deleted, userdata);
}

int broker_prune(struct broker *broker, bool (*is_named)(const void *document, struct span name),
        const void *document, bool is_dry, void (*on_deleted)(void *userdata, struct span name),
        void *userdata) {
    GK_CLEANUP(sweep_deinit) struct sweep sweep = {.is_named = is_named, .document = document};

    return verb_end(broker, prune(broker, &sweep, is_dry, on_deleted, userdata));
}

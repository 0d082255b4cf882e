/* The verbs that only read: one secret, its versions, a list of secrets. */
#include "broker/broker_internal.h"

int broker_get(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    int error = store_get_secret(broker->store, name, ret_secret);

    return not_readable(error, problem, name);
}

/* Whether number is an older version that is kept. */
static bool is_kept(const struct broker *broker, const struct secret *secret, uint64_t number) {
    return number < secret->version && secret->version - number < broker->options.keep_versions;
}

/* Replaces the number and the value of secret by those of an older version. GK_E_NO_VERSION */
static int read_version(struct broker *broker, uint64_t number, struct secret *secret) {
    struct version version;
    int error;

    if (!is_kept(broker, secret, number)) {
        return GK_E_NO_VERSION;
    }
    error = store_get_version(broker->store, secret->name, number, &version);
    if (error != 0) {
        return error;
    }
    secret->version = number;
    secret->binary = version.binary;
    secret->value = version.value;
    return 0;
}

int broker_get_version(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_get(broker, name, &secret, problem);

    if (error != 0) {
        return error;
    }
    if (number != secret.version) {
        error = read_version(broker, number, &secret);
    }
    if (error == GK_E_NO_VERSION) {
        return problem_set(problem, GK_E_NO_VERSION,
                "no version %llu of '%.*s' is kept (the current one is %llu)",
                (unsigned long long)number, SPAN_ARGS(name), (unsigned long long)secret.version);
    }
    if (error != 0) {
        return error;
    }
    *ret_secret = secret;
    secret = SECRET_NULL;
    return 0;
}

struct account {
    const struct broker *broker;
    const struct secret *secret;
    void (*on_version)(void *userdata, const struct version *version);
    void *userdata;
};

static int visit_version(void *userdata, const struct version *version) {
    const struct account *account = userdata;
    struct version shown = *version;

    shown.value = SPAN_NULL;
    if (is_kept(account->broker, account->secret, version->number)) {
        account->on_version(account->userdata, &shown);
    }
    return 0;
}

int broker_versions(struct broker *broker, const struct secret *secret,
        void (*on_version)(void *userdata, const struct version *version), void *userdata) {
    struct account account = {broker, secret, on_version, userdata};
    struct version current = {
            .number = secret->version, .made_at = secret->made_at, .cause = secret->cause};
    int error = store_walk_versions(broker->store, secret->name, visit_version, &account);
    if (error != 0) {
        return error;
    }
    on_version(userdata, &current);
    return 0;
}

#define END_OF_PAGE 1

struct listed {
    const struct listing *listing;
    bool (*on_secret)(void *userdata, const struct secret *secret);
    void *userdata;
    instant now;
    size_t count;
    bool more;
};

static int visit_listed(void *userdata, const struct secret *secret) {
    struct listed *listed = userdata;
    bool expired = secret_is_expired(secret, listed->now);
    enum expired_filter filter = listed->listing->expired;

    if ((filter == EXPIRED_EXCLUDE && expired) || (filter == EXPIRED_ONLY && !expired)) {
        return 0;
    }
    if (listed->count == listed->listing->limit) {
        listed->more = true;
        return END_OF_PAGE;
    }
    if (!listed->on_secret(listed->userdata, secret)) {
        listed->more = true;
        return END_OF_PAGE;
    }
    listed->count += 1;
    return 0;
}

static int visit_unfired(void *userdata, const struct secret *secret) {
    return 1; /* the first one ends the walk */
}

/*
 * Visits what may be on the page. If only expired secrets are asked for, their index is enough,
 * unless the expiry of a secret is due and has not fired: that secret is not in the index yet.
 */
static int walk_listed(struct store *store, const struct listing *listing, struct listed *listed) {
    int has_unfired;

    if (listing->expired != EXPIRED_ONLY) {
        return store_walk_secrets(store, listing->prefix, listing->after, visit_listed, listed);
    }
    has_unfired = store_walk_due(store, listed->now, visit_unfired, NULL);
    if (has_unfired < 0) {
        return has_unfired;
    }
    return (has_unfired != 0 ? store_walk_secrets : store_walk_expired)(
            store, listing->prefix, listing->after, visit_listed, listed);
}

int broker_list(struct broker *broker, const struct listing *listing,
        bool (*on_secret)(void *userdata, const struct secret *secret), void *userdata,
        bool *ret_more) {
    struct listed listed = {
            .listing = listing,
            .on_secret = on_secret,
            .userdata = userdata,
            .now = broker->clock.now,
    };
    int error = walk_listed(broker->store, listing, &listed);

    if (error < 0) {
        return error;
    }
    *ret_more = listed.more;
    return 0;
}

/* The verbs that only read: one secret, its versions, many. */
#include "broker/broker_internal.h"

int no_secret(struct problem *problem, struct span name) {
    return problem_set(problem, GK_E_NO_SECRET, "no secret named '%.*s'", SPAN_ARGS(name));
}

int not_readable(int error, struct problem *problem, struct span name) {
    if (error == GK_E_NO_SECRET) {
        return no_secret(problem, name);
    }
    if (error == GK_E_HURT) {
        return problem_set(problem, GK_E_HURT,
                "what is kept of the secret '%.*s' is damaged and cannot be read", SPAN_ARGS(name));
    }
    return error;
}

int broker_get(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    struct txn *txn;
    int error = store_read(broker->store, &txn);

    if (error == 0) {
        error = store_get_secret(txn, name, ret_secret);
    }
    return not_readable(error, problem, name);
}

/* Whether number is one of those kept, the current one left out. */
static bool is_kept(const struct broker *broker, const struct secret *secret, uint64_t number) {
    return number < secret->version && secret->version - number < broker->options.keep_versions;
}

int broker_get_version(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    VERSION_AUTO struct version version = VERSION_NULL;
    struct txn *txn;
    int error = broker_get(broker, name, &secret, problem);

    if (error == 0 && number != secret.version) {
        error = is_kept(broker, &secret, number) ? store_read(broker->store, &txn)
                                                 : GK_E_NO_VERSION;
        if (error == 0) {
            error = store_get_version(txn, name, number, &version);
        }
        if (error == 0) {
            secret.version = number;
            secret.binary = version.binary;
            secret.value = version.value;
            secret.made = version.storage; /* where that value stands */
            version.storage = BUFFER_NULL;
        }
    }
    if (error == GK_E_NO_VERSION) {
        return problem_set(problem, GK_E_NO_VERSION,
                "no version %llu of '%.*s' is kept (the current one is %llu)",
                (unsigned long long)number, SPAN_ARGS(name), (unsigned long long)secret.version);
    }
    if (error == 0) {
        *ret_secret = secret;
        secret = SECRET_NULL;
    }
    return error;
}

struct account {
    const struct broker *broker;
    const struct secret *secret;
    void (*on_version)(void *userdata, const struct version *version);
    void *userdata;
};

static int visit_version(void *userdata, const struct version *version) {
    const struct account *account = userdata;
    struct version told = *version;

    told.value = SPAN_NULL;
    if (is_kept(account->broker, account->secret, version->number)) {
        account->on_version(account->userdata, &told);
    }
    return 0;
}

int broker_versions(struct broker *broker, const struct secret *secret,
        void (*on_version)(void *userdata, const struct version *version), void *userdata) {
    struct account account = {broker, secret, on_version, userdata};
    struct version current = {
            .number = secret->version, .made_at = secret->made_at, .cause = secret->cause};
    struct txn *txn;
    int error = store_read(broker->store, &txn);

    if (error == 0) {
        error = store_walk_versions(txn, secret->name, visit_version, &account);
    }
    if (error == 0) {
        on_version(userdata, &current);
    }
    return error;
}

#define END_OF_PAGE 1

struct listed {
    const struct listing *listing;
    bool (*on_secret)(void *userdata, const struct secret *secret);
    void *userdata;
    struct problem *problem;
    int outcome;
    instant now;
    size_t count;
    bool more;
};

static int visit_listed(void *userdata, const struct secret *secret) {
    struct listed *listed = userdata;
    bool expired = secret_is_expired(secret, listed->now);
    /* whether one that is hurt has expired is not known: it is asked for in any case */
    enum expired_filter filter = secret->hurt ? EXPIRED_INCLUDE : listed->listing->expired;

    if ((filter == EXPIRED_EXCLUDE && expired) || (filter == EXPIRED_ONLY && !expired)) {
        return 0;
    }
    if (listed->count == listed->listing->limit) {
        listed->more = true;
        return END_OF_PAGE;
    }
    if (secret->hurt) { /* never left out in silence */
        listed->outcome = not_readable(GK_E_HURT, listed->problem, secret->name);
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
    return 1; /* one is enough */
}

/*
 * Shows what may be on the page. Where only expired secrets are asked for, those alone are looked
 * at, unless there is one whose expiry is due and has not fired: it is damaged, or about to fire.
 */
static int walk_listed(struct txn *txn, const struct listing *listing, struct listed *listed) {
    int error = listing->expired == EXPIRED_ONLY
                        ? store_walk_due(txn, listed->now, visit_unfired, NULL)
                        : 1;

    if (error < 0) {
        return error;
    }
    return (error == 0 ? store_walk_expired : store_walk_secrets)(
            txn, listing->prefix, listing->after, visit_listed, listed);
}

int broker_list(struct broker *broker, const struct listing *listing,
        bool (*on_secret)(void *userdata, const struct secret *secret), void *userdata,
        bool *ret_more, struct problem *problem) {
    struct listed listed = {
            .listing = listing,
            .on_secret = on_secret,
            .userdata = userdata,
            .problem = problem,
            .now = broker->clock.now,
    };
    struct txn *txn;
    int error = store_read(broker->store, &txn);

    if (error == 0) {
        error = walk_listed(txn, listing, &listed);
    }
    if (error < 0 || listed.outcome != 0) {
        return error < 0 ? error : listed.outcome;
    }
    *ret_more = listed.more;
    return 0;
}

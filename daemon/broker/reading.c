/* The verbs that only read: one secret, its versions, a list of secrets. */
#include "broker/broker_internal.h"
#include "broker/secrets.h"
#include "broker/versions_internal.h"

int broker_describe(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    int error = store_get_secret(broker->store, name, ret_secret);

    return not_readable(error, problem, name);
}

int broker_get(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    int error = broker_describe(broker, name, ret_secret, problem);

    return error != 0 ? error : secret_check_value(ret_secret, problem);
}

/* The secret that another version than the current one is asked of. */
static int describe_undeleted(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    int error = broker_describe(broker, name, ret_secret, problem);

    if (error != 0) {
        return error;
    }
    return ret_secret->is_deleted ? secret_check_value(ret_secret, problem) : 0;
}

/* Takes the version that was found into secret, or says why it is not told. */
static int tell(struct secret *secret, const struct version *version, int error,
        struct secret *ret_secret, struct problem *problem) {
    if (error == GK_E_NO_VERSION && secret->current.number == 0) {
        return secret_check_value(secret, problem); /* the sentence says what brings a value */
    }
    if (error != 0) {
        return error;
    }
    error = version_check_live(secret, version, GK_E_NO_VERSION, problem);
    if (error != 0) {
        return error;
    }
    secret_tell(secret, version);
    *ret_secret = *secret;
    return 0;
}

int broker_get_version(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem) {
    struct version version;
    struct secret secret;
    int error = describe_undeleted(broker, name, &secret, problem);

    if (error != 0) {
        return error;
    }
    error = version_find(broker, &secret, number, &version, problem);
    return tell(&secret, &version, error, ret_secret, problem);
}

int broker_get_stage(struct broker *broker, struct span name, enum stage stage,
        struct secret *ret_secret, struct problem *problem) {
    struct version version;
    struct secret secret;
    int error = describe_undeleted(broker, name, &secret, problem);

    if (error != 0) {
        return error;
    }
    error = version_of_stage(broker, &secret, stage, &version, problem);
    return tell(&secret, &version, error, ret_secret, problem);
}

int broker_version_id(struct broker *broker, struct span name, const struct version *version,
        struct buffer *buffer) {
    struct keystream *stream;
    int error;

    if (version->id.len > 0) {
        buffer_append_span(buffer, version->id);
        return 0;
    }
    stream = keystream_start(broker->keyring, KEYSTREAM_VERSION_ID, name, version->revision);
    keystream_uuid(stream, buffer);
    error = keystream_finish(stream);
    keystream_stop(stream);
    return error;
}

struct account {
    const struct broker *broker;
    const struct secret *secret;
    void (*on_version)(void *userdata, const struct version *version);
    void *userdata;
    bool has_current; /* it was visited, in its place among the numbers */
};

static void show_version(const struct account *account, const struct version *version) {
    struct version shown = *version;

    shown.value = SPAN_NULL;
    account->on_version(account->userdata, &shown);
}

static void show_current(struct account *account) {
    if (!account->has_current && account->secret->current.number != 0) {
        show_version(account, &account->secret->current);
    }
    account->has_current = true;
}

static int visit_version(void *userdata, const struct version *version) {
    struct account *account = userdata;

    if (version->number > account->secret->current.number) {
        show_current(account);
    }
    if (version_is_kept(account->broker, account->secret, version)) {
        show_version(account, version);
    }
    return 0;
}

int broker_versions(struct broker *broker, const struct secret *secret,
        void (*on_version)(void *userdata, const struct version *version), void *userdata) {
    struct account account = {broker, secret, on_version, userdata, false};
    int error = store_walk_versions(broker->store, secret->name, visit_version, &account);

    if (error != 0) {
        return error;
    }
    show_current(&account);
    return 0;
}

#define END_OF_PAGE 1

struct page {
    const struct listing *listing;
    bool (*on_secret)(void *userdata, const struct secret *secret);
    void *userdata;
    instant now;
    size_t count;
    bool more;
};

static bool is_wanted(enum listed filter, bool is_so) {
    return filter == LISTED_INCLUDE || (filter == LISTED_ONLY) == is_so;
}

static bool has_label(const struct secret *secret, const struct listing *listing) {
    struct span rest = secret->labels;
    struct label label;

    if (listing->label.data == NULL) {
        return true;
    }
    while (labels_next(&rest, &label)) {
        if (span_equals(label.name, listing->label)) {
            return listing->label_value.data == NULL ||
                   span_equals(label.value, listing->label_value);
        }
    }
    return false;
}

static int visit_listed(void *userdata, const struct secret *secret) {
    struct page *page = userdata;
    bool expired = secret_is_expired(secret, page->now);
    const struct listing *listing = page->listing;

    if (!is_wanted(listing->expired, expired) ||
            !is_wanted(listing->deleted, !secret_has_value(secret)) ||
            !has_label(secret, listing)) {
        return 0;
    }
    if (page->count == page->listing->limit) {
        page->more = true;
        return END_OF_PAGE;
    }
    if (!page->on_secret(page->userdata, secret)) {
        page->more = true;
        return END_OF_PAGE;
    }
    page->count += 1;
    return 0;
}

static int visit_unfired(void *userdata, const struct secret *secret) {
    return 1; /* the first one ends the walk */
}

/*
 * Visits what may be on the page. If only expired secrets with a value are asked for, their index
 * is enough, unless the expiry of one is due and has not fired: that secret is not in the index
 * yet.
 */
static int walk_listed(struct store *store, const struct listing *listing, struct page *page) {
    int has_unfired;

    if (listing->expired != LISTED_ONLY || listing->deleted != LISTED_EXCLUDE) {
        return store_walk_secrets(store, listing->prefix, listing->after, visit_listed, page);
    }
    has_unfired = store_walk_due(store, page->now, visit_unfired, NULL);
    if (has_unfired < 0) {
        return has_unfired;
    }
    return (has_unfired != 0 ? store_walk_secrets : store_walk_expired)(
            store, listing->prefix, listing->after, visit_listed, page);
}

int broker_list(struct broker *broker, const struct listing *listing,
        bool (*on_secret)(void *userdata, const struct secret *secret), void *userdata,
        bool *ret_more) {
    struct page page = {
            .listing = listing,
            .on_secret = on_secret,
            .userdata = userdata,
            .now = broker->clock.now,
    };
    int error = walk_listed(broker->store, listing, &page);

    if (error < 0) {
        return error;
    }
    *ret_more = page.more;
    return 0;
}

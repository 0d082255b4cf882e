/* Whether a service should accept a value now (contract, section 3, "verify"). */
#include <openssl/crypto.h>

#include "broker/broker_internal.h"
#include "broker/secrets.h"
#include "broker/versions_internal.h"

struct comparison {
    const struct broker *broker;
    const struct secret *secret;
    struct span value;
    uint64_t current; /* the number of the version if it has the value, else 0; so the others */
    uint64_t previous;
    uint64_t pending;
    uint64_t other; /* the newest of all others */
    struct span other_label;
};

/* Takes the same time for every value of one length. */
static bool has_value(const struct version *version, struct span value) {
    bool is_as_long = version->value.len == value.len;
    const char *compared = is_as_long ? version->value.data : value.data;

    return value.len == 0 ? is_as_long
                          : (CRYPTO_memcmp(compared, value.data, value.len) == 0) & is_as_long;
}

static void compare(struct comparison *comparison, const struct version *version) {
    const struct secret *secret = comparison->secret;
    struct span label = version->labels;
    uint64_t number = has_value(version, comparison->value) ? version->number : 0;

    if (version->state != VERSION_LIVE) {
        return;
    }
    if (version->number == secret->current.number) {
        comparison->current = number;
    } else if (version->number == secret->previous) {
        comparison->previous = number;
    } else if (version->number == secret->pending) {
        comparison->pending = number;
    } else if (number > comparison->other) {
        comparison->other = number;
        comparison->other_label = SPAN_NULL;
        (void)list_next(&label, &comparison->other_label);
    }
}

static int visit_version(void *userdata, const struct version *version) {
    struct comparison *comparison = userdata;

    if (version_is_kept(comparison->broker, comparison->secret, version)) {
        compare(comparison, version);
    }
    return 0;
}

/* Whether the previous value is still accepted. */
static bool is_in_grace(const struct secret *secret, instant now) {
    return now < secret->in_force_at + (instant)secret->policy.grace_s * 1000;
}

static struct verification judge(const struct comparison *comparison, instant now) {
    const struct secret *secret = comparison->secret;
    struct verification verification = {.is_expired = secret_is_expired(secret, now)};

    if (comparison->current != 0) {
        verification.version = comparison->current;
        verification.stage = span_of(stage_text(STAGE_CURRENT));
    } else if (comparison->previous != 0) {
        verification.version = comparison->previous;
        verification.stage = span_of(stage_text(STAGE_PREVIOUS));
    } else if (comparison->pending != 0) {
        verification.version = comparison->pending;
        verification.stage = span_of(stage_text(STAGE_PENDING));
    } else {
        verification.version = comparison->other;
        verification.stage = comparison->other_label;
    }
    verification.is_accepted = (comparison->current != 0 && !verification.is_expired) ||
                               (comparison->previous != 0 && is_in_grace(secret, now));
    return verification;
}

int broker_verify(struct broker *broker, struct span name, struct span value,
        struct verification *ret_verification, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct comparison comparison = {.broker = broker, .secret = &secret, .value = value};
    int error = broker_get(broker, name, &secret, problem);

    if (error != 0) {
        return error;
    }
    error = store_walk_versions(broker->store, name, visit_version, &comparison);
    if (error != 0) {
        return error;
    }
    compare(&comparison, &secret.current);
    *ret_verification = judge(&comparison, broker->clock.now);
    return 0;
}

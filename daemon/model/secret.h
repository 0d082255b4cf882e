/*
 * A secret: its definition, its counters and times, and its current value (contract, section 2).
 *
 * The spans point into the store, into memory that the secret owns (made), or into a request that
 * is still being served: a struct secret does not outlive the turn that it was made in. Its memory
 * is wiped when it is freed.
 */
#ifndef GHOSTKEYD_MODEL_SECRET_H
#define GHOSTKEYD_MODEL_SECRET_H

#include "common/buffer.h"
#include "common/instant.h"
#include "ghostkey/protocol.h"
#include "model/policy.h"

/* What caused a version or an event. The numbers are kept in stores: append only. */
enum cause {
    CAUSE_PUT = 0,
    CAUSE_PATCH = 1,
    CAUSE_ROTATE = 2,
    CAUSE_EXPIRY = 3,
    CAUSE_DELETE = 4,
    CAUSE_CLEANUP = 5,
};

/* Where a secret's environment name comes from. The numbers are kept in stores. */
enum env_source {
    ENV_DEFAULT = 0, /* made from its name */
    ENV_NAMED = 1,
    ENV_OFF = 2, /* kept out of exports */
};

struct secret {
    struct span name;
    struct span value;
    bool binary;         /* put as base64, and shown so */
    uint64_t version;    /* of the value */
    uint64_t revision;   /* counts every change to this name, for ever */
    uint64_t generation; /* values ever generated for this name */
    instant created_at;
    instant updated_at;
    instant made_at; /* of the current version */
    uint32_t ttl_s;  /* 0: static */
    bool armed;      /* its expiry fires at secret_expires_at() */
    enum cause cause;
    struct policy policy;
    enum env_source env_source;
    struct span env;
    struct span labels; /* packed: model/labels.h */

    struct buffer made; /* what was made for it: a generated value, packed labels */
};

#define SECRET_NULL ((struct secret){0})
#define SECRET_AUTO __attribute__((cleanup(secret_deinit)))

/* An older version that is kept; or the current one, without its value. */
struct version {
    uint64_t number;
    instant made_at;
    enum cause cause;
    bool binary;
    struct span value;
};

/* What a deleted name left; zeros if it never was. */
struct tombstone {
    uint64_t revision;
    uint64_t generation;
};

void secret_deinit(struct secret *secret);

/* When it expires, or INT64_MAX if it is static. */
instant secret_expires_at(const struct secret *secret);

/* When its expiry fires, or INT64_MAX if it has fired, or never will. */
instant secret_due_at(const struct secret *secret);

/* Whether its TTL has ended, even if its expiry has not fired yet. */
bool secret_is_expired(const struct secret *secret, instant now);

/*
 * The secret's environment name; the default one is written to place. data NULL: the secret is
 * kept out of exports.
 */
struct span secret_env(const struct secret *secret, char place[GK_NAME_MAX_BYTES + 1]);

/* "put", "patch", ... */
const char *cause_text(enum cause cause);

#endif

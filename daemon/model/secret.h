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
#include "model/version.h"

/* Where a secret's environment name comes from. The numbers are kept in stores. */
enum env_source {
    ENV_DEFAULT = 0, /* made from its name */
    ENV_NAMED = 1,
    ENV_OFF = 2, /* kept out of exports */
};

struct secret {
    struct span name;
    struct version current;
    uint64_t previous;      /* the number of the version that was current before; 0: none */
    uint64_t pending;       /* secret_pending(); for the AWS API it may be the current one */
    uint64_t newest;        /* the highest number that a version of it ever had */
    uint32_t keep_versions; /* what an API asked for when newest was made; 0: --keep-versions */
    bool has_given_ids;     /* a client gave one of its versions, ever, an id */
    bool has_gaps;          /* a version was discarded: its number is missing below newest */
    uint64_t revision;      /* counts every change to this name, for ever */
    uint64_t generation;    /* values ever generated for this name */
    instant created_at;
    instant updated_at;
    instant in_force_at; /* when the current version was put, rotated in or promoted */
    instant rotated_at;  /* its last rotation; 0: there was none */
    uint32_t ttl_s;      /* from in_force_at on; 0: static */
    bool armed;          /* its expiry fires at secret_expires_at() */
    bool is_deleted;     /* and can be restored until gone_at */
    instant deleted_at;
    instant gone_at;
    struct policy policy;
    enum env_source env_source;
    struct span env;
    struct span labels; /* packed: model/labels.h */
    struct span description;
    struct span extra; /* what one wire API alone keeps about it */

    struct buffer made; /* what was made for it: a generated value, packed labels */
};

#define SECRET_NULL ((struct secret){0})
#define SECRET_AUTO __attribute__((cleanup(secret_deinit)))

/* What is kept of a name whose secret was deleted for good; zeros: there never was one. */
struct tombstone {
    uint64_t revision;
    uint64_t generation;
};

/* Frees what the secret owns; all else stays as it is, since zeroing it would cost each request. */
void secret_deinit(struct secret *secret);

/*
 * The number of the version that is made, but not in force yet; 0: none. The current version is not
 * pending, even if the AWS API left its label AWSPENDING on it.
 */
uint64_t secret_pending(const struct secret *secret);

/*
 * Puts the version whose value an answer tells in the place of the current one. If there is no
 * current one, the secret then does not expire. The secret must not be stored afterwards.
 */
void secret_tell(struct secret *secret, const struct version *version);

/* When it expires, or INT64_MAX if it is static or has no version yet. */
instant secret_expires_at(const struct secret *secret);

/*
 * When the one thing that is due fires: the end of a deletion that can be undone, else its expiry.
 * INT64_MAX: nothing is due.
 */
instant secret_due_at(const struct secret *secret);

/* Whether its TTL has ended, even if its expiry has not fired yet. */
bool secret_is_expired(const struct secret *secret, instant now);

/* Whether readers get a value: it is not deleted, and its current version is live. */
bool secret_has_value(const struct secret *secret);

/*
 * The secret's environment name; the default one is written to place. data NULL: the secret is
 * kept out of exports.
 */
struct span secret_env(const struct secret *secret, char place[GK_NAME_MAX_BYTES + 1]);

#endif

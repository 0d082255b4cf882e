/*
 * The life of a secret's versions: their stages, the undoing of a deletion, and who reads which.
 * What these verbs return: broker/broker.h.
 */
#ifndef GHOSTKEYD_BROKER_VERSIONS_H
#define GHOSTKEYD_BROKER_VERSIONS_H

#include "model/problem.h"
#include "model/secret.h"

struct broker;

/* Each is on at most one version of a secret. */
enum stage {
    STAGE_CURRENT,
    STAGE_PREVIOUS,
    STAGE_PENDING,
};
#define STAGE_COUNT (STAGE_PENDING + 1)

/* "current", ... */
const char *stage_text(enum stage stage);

/*
 * Makes the version of that number current, or the pending one (0).
 * GK_E_NO_SECRET, GK_E_NO_VERSION, GK_E_CONFLICT
 */
int broker_promote(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem);

/*
 * Removes the pending version; number 0, or its number. One that bears another stage or a label
 * stays, and is not pending any more. GK_E_NO_SECRET, GK_E_NO_VERSION
 */
int broker_discard(struct broker *broker, struct span name, uint64_t number, uint64_t *ret_number,
        struct problem *problem);

/*
 * Undoes the deletion of the secret, or else of its current version (number 0), or of the version
 * of that number. GK_E_NO_SECRET, GK_E_NO_VERSION, GK_E_CONFLICT
 */
int broker_restore(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem);

/*
 * The secret with another version, which is live, in the place of the current one; all else is as
 * it is now. GK_E_NO_SECRET, GK_E_NO_VERSION
 */
int broker_get_version(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem);
int broker_get_stage(struct broker *broker, struct span name, enum stage stage,
        struct secret *ret_secret, struct problem *problem);

/* Appends the id of a version: the one that a client gave, else the one that is derived. */
int broker_version_id(struct broker *broker, struct span name, const struct version *version,
        struct buffer *buffer);

/*
 * Calls on_version for each version that is kept, oldest first, without its value. secret comes
 * from broker_describe() in the same turn.
 */
int broker_versions(struct broker *broker, const struct secret *secret,
        void (*on_version)(void *userdata, const struct version *version), void *userdata);

/* What is known of a value that somebody shows as a secret's. */
struct verification {
    uint64_t version;  /* that has it; 0: none */
    struct span stage; /* the first one of that version; data NULL: it has none */
    bool is_accepted;  /* a service should accept it now */
    bool is_expired;   /* the secret is */
};

/*
 * Compares the value with those of all live versions that are kept. The time that it takes does not
 * depend on which of them is equal, or on whether one is. GK_E_NO_SECRET
 */
int broker_verify(struct broker *broker, struct span name, struct span value,
        struct verification *ret_verification, struct problem *problem);

#endif

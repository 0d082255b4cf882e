/* Versions of a secret that are deleted, restored or destroyed, several at once. */
#ifndef GHOSTKEYD_BROKER_VERSION_STATES_H
#define GHOSTKEYD_BROKER_VERSION_STATES_H

#include "broker/broker.h"
#include "model/secret.h"

enum version_change {
    VERSION_DELETE,   /* a live one; it can be restored */
    VERSION_UNDELETE, /* a deleted one; one that has expired loses its end */
    VERSION_DESTROY,  /* its value is gone for good */
};

/*
 * Changes the versions of those numbers, where they are kept and not in that state already. What is
 * changed is one event. A secret that is not there, or is deleted as a whole, stays as it is.
 */
int broker_change_versions(struct broker *broker, struct span name, enum version_change change,
        const uint64_t *numbers, size_t count);

/* Whether the version is one of the newest that the secret keeps, not only kept for a stage. */
bool broker_is_among_newest(
        const struct broker *broker, const struct secret *secret, uint64_t number);

/* When the version expires or expired; INT64_MAX: never. */
instant broker_version_ends_at(const struct secret *secret, const struct version *version);

#endif

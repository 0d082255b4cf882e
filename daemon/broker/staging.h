/*
 * Versions under labels: the verbs for a client that names versions and moves stages and labels
 * itself. A label is any text; each is on at most one version of a secret, and keeps it from being
 * dropped.
 */
#ifndef GHOSTKEYD_BROKER_STAGING_H
#define GHOSTKEYD_BROKER_STAGING_H

#include "broker/definition.h"
#include "broker/version_labels.h"
#include "broker/versions.h"

/*
 * Keeps the definition's value as a new version that is not in force: the pending one, or one with
 * nothing but the definition's labels. Nothing else of the definition counts. The version that was
 * pending stays as one without that stage. The secret has a version already.
 * GK_E_NO_SECRET, GK_E_TOO_LARGE, GK_E_CONFLICT
 */
int broker_put_aside(struct broker *broker, const struct definition *definition, bool is_pending,
        struct secret *ret_secret, struct problem *problem);

/* Rotates, as broker_rotate(), and gives the new version an id. */
int broker_rotate_as(struct broker *broker, struct span name, struct span id,
        struct secret *ret_secret, struct problem *problem);

/*
 * Moves a stage to the version of that number, which is live; number 0: takes it off, which cannot
 * be done with STAGE_CURRENT. A version that is STAGE_PENDING and becomes current has both stages
 * then, for who calls this; secret_pending() says that none is pending. Nothing changes if it is
 * there already.
 * GK_E_NO_SECRET, GK_E_NO_VERSION, GK_E_CONFLICT
 */
int broker_set_stage(struct broker *broker, struct span name, enum stage stage, uint64_t number,
        struct secret *ret_secret, struct problem *problem);

/* The same with a label. */
int broker_set_label(struct broker *broker, struct span name, struct span label, uint64_t number,
        struct secret *ret_secret, struct problem *problem);

/*
 * The revision that the name had when the secret was made: 0, or that of a secret that was deleted
 * for good. So it tells a secret from an earlier one of the same name.
 */
uint64_t broker_born_after(struct broker *broker, struct span name);

#endif

/*
 * The labels of versions: the stages beside current, previous and pending (version.labels).
 * Each is on at most one version of a secret.
 */
#ifndef GHOSTKEYD_BROKER_VERSION_LABELS_H
#define GHOSTKEYD_BROKER_VERSION_LABELS_H

#include "model/secret.h"

struct broker;

bool version_has_label(const struct version *version, struct span label);

/*
 * Takes the label off the version that has it. If that is the current one, the caller stores the
 * secret; secret->made is freed and becomes the new list, so nothing else may point into it.
 */
int label_take(struct broker *broker, struct secret *secret, struct span label);

/* Takes off each label of a list (model/policy.h) in that way. secret NULL: does nothing. */
int labels_take(struct broker *broker, struct secret *secret, struct span labels);

/*
 * Gives the label to the version; no other version may have it. If that is the current one, the
 * caller stores the secret, and secret->made becomes the new list, as in label_take(). What
 * `version` points to may be gone afterwards.
 */
int label_give(struct broker *broker, struct secret *secret, const struct version *version,
        struct span label);

#endif

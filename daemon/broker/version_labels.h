/*
 * The labels of versions: the stages beside current, previous and pending (struct version, labels).
 * Each is on at most one version of a secret.
 */
#ifndef GHOSTKEYD_BROKER_VERSION_LABELS_H
#define GHOSTKEYD_BROKER_VERSION_LABELS_H

#include "model/secret.h"

struct broker;

bool version_has_label(const struct version *version, struct span label);

/*
 * Takes the label off the version of secret that has it. The current version is not stored by this,
 * and what is made for secret becomes the list of its labels: there must be nothing else in it.
 */
int label_take(struct broker *broker, struct secret *secret, struct span label);

/* The same with each label of a list (model/policy.h). secret NULL: there is none. */
int labels_take(struct broker *broker, struct secret *secret, struct span labels);

/*
 * Gives the label to a version of secret. Its list of labels is in *list, which is empty before.
 * The current version is not stored by this.
 */
int label_give(struct broker *broker, struct secret *secret, struct version *version,
        struct span label, struct buffer *list);

#endif

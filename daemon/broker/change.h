/*
 * The steps that put shares with patch and apply. The caller has set the name, the policy, the TTL,
 * the newest version and the generation of `secret`; the steps set the rest.
 */
#ifndef GHOSTKEYD_BROKER_CHANGE_H
#define GHOSTKEYD_BROKER_CHANGE_H

#include "broker/definition.h"

struct broker;
struct store;

/*
 * Finds what is kept under that name: the secret, or if there is none, the counters that a deleted
 * one left. They are zeros if there never was one.
 */
int change_find_before(struct store *store, struct span name, struct secret *ret_before,
        bool *ret_found, struct tombstone *ret_tombstone);

/* GK_E_BAD_REQUEST: the secret rotates on expiry, but has no TTL. */
int definition_check(const struct secret *secret, struct problem *problem);

/* Sets the value: the definition's, or one made by the policy. */
int definition_value(struct broker *broker, const struct definition *definition,
        struct secret *secret, struct problem *problem);

/*
 * Sets the labels: those of before (NULL: none) with the definition's changes. Comes after
 * definition_value(): both write to one buffer, and a generated value may move.
 */
int definition_labels(const struct definition *definition, const struct secret *before,
        struct secret *secret, struct problem *problem);

/* GK_E_BAD_REQUEST: a value is to be generated, but the policy makes none. */
int cannot_generate(struct problem *problem);

#endif

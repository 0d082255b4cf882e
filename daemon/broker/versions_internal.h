/* Steps of several verbs: how a version is stored, found and dropped. */
#ifndef GHOSTKEYD_BROKER_VERSIONS_INTERNAL_H
#define GHOSTKEYD_BROKER_VERSIONS_INTERNAL_H

#include "broker/versions.h"
#include "model/event.h"

/*
 * Stores secret, whose current value is new, as the next version: sets its numbers and times, and
 * makes the current version of before the previous one. before is NULL for a new secret.
 */
int version_keep(struct broker *broker, struct secret *secret, const struct secret *before,
        enum cause cause, instant at);

/* Stores secret, whose current version is another one than that of before (NULL: it is new). */
int version_put_in_force(
        struct broker *broker, struct secret *secret, const struct secret *before, instant at);

/* How many of its newest versions the secret keeps. */
uint64_t versions_kept(const struct broker *broker, const struct secret *secret);

/* Drops the versions that are neither among the newest nor bear a stage. */
int versions_prune(struct broker *broker, const struct secret *secret);

/* Stores version, which has a value and is not in force, maybe as the pending one, and secret. */
int version_keep_aside(struct broker *broker, struct secret *secret, struct version *version,
        bool is_pending, enum cause cause, instant at);

/* stages.c: opens a turn and reads the secret that a verb changes. GK_E_NO_SECRET */
int secret_begin_change(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem);

/* stages.c: makes a version current; if it is the pending one, it may stay so. */
int version_promote(struct broker *broker, struct span name, uint64_t number, bool keeps_pending,
        struct secret *ret_secret, struct problem *problem);

/* Whether fewer versions than the secret keeps are newer. */
bool version_is_among_newest(
        const struct broker *broker, const struct secret *secret, uint64_t number);

/* Whether an older version may be told: one of the newest, or one that bears a stage. */
bool version_is_kept(
        const struct broker *broker, const struct secret *secret, const struct version *version);

/* The version of that number, or that bears the stage. GK_E_NO_VERSION */
int version_find(struct broker *broker, const struct secret *secret, uint64_t number,
        struct version *ret_version, struct problem *problem);
int version_of_stage(struct broker *broker, const struct secret *secret, enum stage stage,
        struct version *ret_version, struct problem *problem);

/* 0, or outcome if the version is not live. */
int version_check_live(const struct secret *secret, const struct version *version, int outcome,
        struct problem *problem);

/* GK_E_CONFLICT: the secret is deleted, and must be restored before it can change. */
int secret_check_not_deleted(const struct secret *secret, struct problem *problem);

/* GK_E_NO_SECRET: the secret is there, but without a value. The sentence says what brings it back.
 */
int secret_check_value(const struct secret *secret, struct problem *problem);

#endif

/*
 * What is tried with failing allocations: each verb of the broker that can fail (test_covered.py
 * compares), on what bench.h sets up, and what a verb finds that a service manager or the machine's
 * clock did before it.
 */
#ifndef GHOSTKEY_TESTS_UNIT_ALLOC_VERBS_H
#define GHOSTKEY_TESTS_UNIT_ALLOC_VERBS_H

#include "bench.h"

struct verb {
    const char *name;
    /* Runs the verb and appends its results. A negative errno: nothing of it happened. */
    int (*run)(struct bench *bench, struct buffer *said);
    bool begins_turns;     /* itself, or ends the broker and starts another */
    bool on_machine_clock; /* else on a virtual one */
    bool asks_for_none;    /* of memory: it only reads */
    bool finds_matches;    /* of fault rules that are not kept yet */
    bool writes_nothing;   /* into the store */
    bool reopens;          /* ends the broker and starts another */
};

/* Ends with one that has no name. */
extern const struct verb verbs[];

/* verbs_apis.c: those that only APIs of other brokers use */
int verb_put_labelled(struct bench *bench, struct buffer *said);
int verb_patch_labelled(struct bench *bench, struct buffer *said);
int verb_promote_newest(struct bench *bench, struct buffer *said);
int verb_rotate_too_large(struct bench *bench, struct buffer *said);
int verb_put_aside(struct bench *bench, struct buffer *said);
int verb_rotate_as(struct bench *bench, struct buffer *said);
int verb_set_stage(struct bench *bench, struct buffer *said);
int verb_set_label(struct bench *bench, struct buffer *said);
int verb_change_versions(struct bench *bench, struct buffer *said);
int verb_delete_below(struct bench *bench, struct buffer *said);
int verb_own(struct bench *bench, struct buffer *said);

/* verbs_watching.c: fault rules and readers */
int verb_fault_put(struct bench *bench, struct buffer *said);
int verb_fault_put_new(struct bench *bench, struct buffer *said);
int verb_fault_get(struct bench *bench, struct buffer *said);
int verb_fault_delete(struct bench *bench, struct buffer *said);
int verb_faults_delete(struct bench *bench, struct buffer *said);
int verb_change_faults(struct bench *bench, struct buffer *said);
int verb_agree_fault(struct bench *bench, struct buffer *said);
int verb_prune_faults(struct bench *bench, struct buffer *said);
int verb_fault_keep_counts(struct bench *bench, struct buffer *said);
int verb_readers(struct bench *bench, struct buffer *said);

#endif

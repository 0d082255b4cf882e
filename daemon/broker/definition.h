/*
 * What a client asks for when it puts or patches a secret, decoded and valid in itself: what
 * request.c makes and the broker's verbs take.
 */
#ifndef GHOSTKEYD_BROKER_DEFINITION_H
#define GHOSTKEYD_BROKER_DEFINITION_H

#include "broker/strategy.h"
#include "model/labels.h"
#include "model/secret.h"

/* If-Match and If-None-Match (RFC 9110, section 13.1), as revisions. */
struct precondition {
    bool must_exist;     /* If-Match: * */
    bool must_not_exist; /* If-None-Match: * */
    size_t match_count;
    uint64_t match[GK_PRECONDITION_TAGS_MAX];
    bool has_match; /* If-Match is there: with no tag of ours in it, nothing matches */
    size_t none_match_count;
    uint64_t none_match[GK_PRECONDITION_TAGS_MAX];
};

#define PRECONDITION_NULL ((struct precondition){0})

/* The same, but for the lists, of which nothing counts then. */
static inline void precondition_clear(struct precondition *precondition) {
    precondition->must_exist = false;
    precondition->must_not_exist = false;
    precondition->has_match = false;
    precondition->match_count = 0;
    precondition->none_match_count = 0;
}

/* Where a value comes from. */
enum value_source {
    VALUE_KEPT, /* only in a patch: as it is */
    VALUE_GIVEN,
    VALUE_GENERATED,
};

/* What stands before the labels, the large part that most requests have no use for. */
#define DEFINITION_HEAD_BYTES offsetof(struct definition, labels)

/* PUT, whole; PATCH: what is not given stays as it is. */
struct definition {
    struct span name;
    enum value_source value_source;
    struct span value;
    bool binary;

    bool has_ttl;
    uint32_t ttl_s; /* 0: static */
    bool has_env;
    enum env_source env_source;
    struct span env;
    struct policy_change policy;
    bool has_labels;
    bool labels_reset; /* labels are null: none, before the changes */
    size_t label_count;

    const struct precondition *precondition; /* never NULL */

    /* a patch's label without a value (data NULL) goes; past label_count nothing is set */
    struct label labels[GK_LABEL_CHANGES_MAX];
};

#endif

/*
 * What a client asks for when it puts or patches a secret. A wire API decodes a request into one.
 */
#ifndef GHOSTKEYD_BROKER_DEFINITION_H
#define GHOSTKEYD_BROKER_DEFINITION_H

#include "broker/expectation.h"
#include "broker/strategy.h"
#include "model/labels.h"

/* Where a value comes from. */
enum value_source {
    VALUE_KEPT, /* only in a patch: the value stays */
    VALUE_GIVEN,
    VALUE_GENERATED,
    VALUE_NONE, /* only in a put of a new name: the secret has no version yet */
};

/* For PUT: the whole secret. For PATCH: what is not given stays as it is. */
struct definition {
    struct span name;
    const struct expectation *expectation; /* NULL: none */
    enum value_source value_source;
    struct span value;
    bool binary;
    struct span version_id;     /* of the new version; empty: the one that is derived */
    struct span version_labels; /* likewise, a list (model/policy.h); no other version keeps them */

    bool is_put; /* only in a patch: its cause is a put that keeps the definition */
    bool has_ttl;
    uint32_t ttl_s;   /* 0: static */
    bool is_from_now; /* only in a patch: the TTL counts from now */
    bool has_env;
    enum env_source env_source;
    struct span env;
    bool has_description;
    struct span description;
    bool has_extra;
    struct span extra; /* all of it (model/extra.h) */
    struct policy_change policy;
    bool has_labels;
    bool labels_reset; /* all labels go before the ones below are set */
    size_t label_count;
    /* Sorted by labels_sort(). A label without a value (data NULL) is removed. */
    struct label labels[GK_LABEL_CHANGES_MAX];
};

/* The part before the labels, to be cleared for each request: the labels are large. */
#define DEFINITION_HEAD_BYTES offsetof(struct definition, labels)

#endif

/*
 * Rotation strategies: what a policy may hold, and how a value is made from it (contract,
 * section 5). A strategy is one file in strategies/ that defines a const struct strategy, and one
 * line in strategies/table.h. Other files use it through this header only.
 */
#ifndef GHOSTKEYD_BROKER_STRATEGY_H
#define GHOSTKEYD_BROKER_STRATEGY_H

#include "broker/keystream.h"
#include "broker/parameter.h"

/* What a value is made of. */
struct making {
    struct span name;
    uint64_t generation;    /* of the value being made, from 1 */
    uint64_t version;       /* likewise */
    size_t value_max_bytes; /* a strategy may stop once the value is longer than this */
    const struct policy *policy;
    struct keystream *stream;
};

struct strategy {
    const char *name;
    const struct strategy_parameter *parameters;
    size_t parameter_count;
    /* Appends the value; NULL: it makes no values. The buffer remembers a failed allocation. */
    void (*make)(const struct making *making, struct buffer *value);
    /* How many bytes make appends, without a limit; the stream is not needed. */
    size_t (*measure)(const struct making *making);
    bool may_shrink; /* a later version may be shorter than an earlier one */
};

/* A policy, or a change to one, as a client asks for it. Its parameters are not checked yet. */
struct policy_change {
    bool given;           /* false: no change, and nothing below is set */
    bool reset;           /* the default policy, changed by what is below */
    struct span strategy; /* data NULL: not given */
    bool has_on_expiry;
    bool on_expiry;
    bool has_grace;
    uint32_t grace_s;
    size_t parameter_count;
    struct {
        const char *name;       /* as strategy_parameter_name() returned it */
        struct parameter value; /* PARAMETER_NONE: back to the default */
    } parameters[POLICY_PARAMETERS_MAX];
};

/* The strategy of that name, or NULL. */
const struct strategy *strategy_find(struct span name);

/* The one used where none is named. */
const struct strategy *strategy_default(void);

/* That name, never freed, if any strategy has such a parameter; else NULL. */
const char *strategy_parameter_name(struct span name);

/*
 * Applies change to base, which is NULL for a new secret. A new strategy starts from its defaults.
 * The spans of the result point into both. 0, or GK_E_BAD_REQUEST.
 */
int policy_resolve(const struct policy_change *change, const struct policy *base,
        size_t value_max_bytes, struct policy *ret_policy, struct problem *problem);

/*
 * Whether the change is valid for some secret: 0, with the policy that it would have, or
 * GK_E_BAD_REQUEST.
 */
int policy_change_check(const struct policy_change *change, size_t value_max_bytes,
        struct policy *ret_policy, struct problem *problem);

/*
 * Makes the value. 0, GK_E_CANNOT_ROTATE if the strategy makes none, GK_E_TOO_LARGE if the value
 * is over value_max_bytes, or a negative errno. On anything but 0 the buffer holds nothing.
 */
int strategy_make(const struct policy *policy, struct keyring *keyring, struct span name,
        uint64_t generation, uint64_t version, size_t value_max_bytes, struct buffer *ret_value);

/*
 * How many bytes long that value is, without a limit, and without making it. The policy's strategy
 * makes values.
 */
size_t strategy_measure(
        const struct policy *policy, struct span name, uint64_t generation, uint64_t version);

/* Whether a later version may be shorter than an earlier one under that policy. */
bool strategy_may_shrink(const struct policy *policy);

#endif

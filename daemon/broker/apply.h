/*
 * Makes secrets and fault rules agree with a document (POST /v1/apply). What agrees already is not
 * changed. What the functions return: broker/broker.h.
 */
#ifndef GHOSTKEYD_BROKER_APPLY_H
#define GHOSTKEYD_BROKER_APPLY_H

#include "broker/definition.h"
#include "model/fault.h"

struct broker;

/* Whether a secret or a fault rule agrees with its definition, or what makes it agree. */
enum agreement {
    AGREES_ALREADY,
    AGREES_ONCE_MADE,
    AGREES_ONCE_CHANGED,
};

/*
 * Makes the secret agree with its definition. What the definition leaves out gets its default, with
 * two exceptions. Without a value (VALUE_KEPT, VALUE_GENERATED) the secret keeps the one it has; if
 * it has none, or an expired one, the policy makes one. Without a list of the policy's (the values
 * of `cycle`) it keeps its list. A given value that is the current one makes no new version, unless
 * it is expired.
 *
 * is_dry: nothing is changed. In any case the definition is completed. If a call with is_dry has
 * returned 0, the same call without it, in the same turn, fails only if the store does.
 * GK_E_BAD_REQUEST, GK_E_TOO_LARGE, GK_E_CONFLICT
 */
int broker_agree(struct broker *broker, struct definition *definition, bool is_dry,
        enum agreement *ret_agreement, struct problem *problem);

/* The same check where there is no broker yet: whether an empty one could make the secret. */
int definition_check_new(
        struct definition *definition, size_t value_max_bytes, struct problem *problem);

/*
 * Makes the fault rule or replaces it, unless it is so already: then its counts stay. is_dry:
 * nothing is changed. GK_E_CONFLICT: there are too many.
 */
int broker_agree_fault(struct broker *broker, const struct fault_rule *rule, bool is_dry,
        enum agreement *ret_agreement, struct problem *problem);

/*
 * Deletes for good the secrets that have a value and whose names is_named() does not know. Calls
 * on_deleted for each, in byte order; name is valid during the call. is_dry: deletes none.
 */
int broker_prune(struct broker *broker, bool (*is_named)(const void *document, struct span name),
        const void *document, bool is_dry, void (*on_deleted)(void *userdata, struct span name),
        void *userdata);

/* The same for fault rules. */
int broker_prune_faults(struct broker *broker,
        bool (*is_named)(const void *document, struct span id), const void *document, bool is_dry,
        void (*on_deleted)(void *userdata, struct span id), void *userdata);

#endif

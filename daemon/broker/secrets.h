/* The verbs of secrets: put, patch, rotate, delete, read, list. What they return: broker/broker.h.
 */
#ifndef GHOSTKEYD_BROKER_SECRETS_H
#define GHOSTKEYD_BROKER_SECRETS_H

#include "broker/definition.h"

struct broker;

/* GK_E_BAD_REQUEST, GK_E_TOO_LARGE, GK_E_PRECONDITION */
int broker_put(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem);

/* GK_E_BAD_REQUEST, GK_E_TOO_LARGE, GK_E_NO_SECRET, GK_E_PRECONDITION */
int broker_patch(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem);

/*
 * Makes the next value by the policy: the current one, or if is_pending one that changes nothing
 * for readers until it is promoted. *ret_secret shows the new version as the current one.
 * GK_E_NO_SECRET, GK_E_CANNOT_ROTATE, GK_E_CONFLICT
 */
int broker_rotate(struct broker *broker, struct span name, bool is_pending,
        struct secret *ret_secret, struct problem *problem);

/*
 * Deletes the secret: for good (recover_s 0), or so that it can be restored for that many seconds;
 * *ret_gone_at: until when, INT64_MAX if for good. GK_E_NO_SECRET, GK_E_PRECONDITION
 */
int broker_delete(struct broker *broker, struct span name, const struct expectation *expectation,
        uint32_t recover_s, instant *ret_gone_at, struct problem *problem);

/* Calls on_removed for each removed secret, in byte order. name is valid during the call. */
int broker_cleanup(struct broker *broker, void (*on_removed)(void *userdata, struct span name),
        void *userdata);

/*
 * Deletes for good, each with an event, all secrets whose names begin with prefix; those that could
 * still be restored, too.
 */
int broker_delete_below(struct broker *broker, struct span prefix);

/* GK_E_NO_SECRET: also if the secret is there, but without a value; *ret_secret is it then. */
int broker_get(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem);

/* The same, also of a secret without a value. GK_E_NO_SECRET: it is not there. */
int broker_describe(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem);

/* Which secrets of a kind are listed. */
enum listed {
    LISTED_INCLUDE,
    LISTED_EXCLUDE,
    LISTED_ONLY,
};

struct listing {
    struct span prefix;
    struct span after; /* the page starts after this name; empty: at the first */
    size_t limit;
    enum listed expired;
    enum listed deleted;     /* those without a value */
    struct span label;       /* only secrets that have this label; data NULL: all */
    struct span label_value; /* and with this value; data NULL: any */
};

/*
 * Calls on_secret for each secret of the page in byte order of names, valid during the call; if it
 * returns false, the page ends before that one. *ret_more: whether another would follow.
 */
int broker_list(struct broker *broker, const struct listing *listing,
        bool (*on_secret)(void *userdata, const struct secret *secret), void *userdata,
        bool *ret_more);

#endif

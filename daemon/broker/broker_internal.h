/*
 * What the files of the broker share: the broker itself, and the steps that several verbs take.
 */
#ifndef GHOSTKEYD_BROKER_BROKER_INTERNAL_H
#define GHOSTKEYD_BROKER_BROKER_INTERNAL_H

#include "broker/broker.h"
#include "store/store.h"
#include "store/store_due.h"

#define RECENT_EVENTS 64 /* as many changes as a turn waits for */

/* An event in memory: its spans point into it. */
struct recent_event {
    struct event event; /* seq 0: there is none here */
    char name[GK_NAME_MAX_BYTES];
};

struct broker {
    struct store *store;
    struct broker_options options;
    struct keyring *keyring;
    struct clock clock;
    instant committed_now; /* where the clock stood at the last commit */
    instant retry_at;      /* what is due could not be stored: not before then again */
    instant kept_now;      /* where the store says that the clock stood */
    int64_t said_lead_ms;  /* what the log said last of how far ahead it is */
    bool in_turn;
    struct broker_counters counters; /* of what was committed */
    struct broker_counters pending;  /* with what the open transaction adds */
    uint64_t first_event;
    uint64_t released; /* events up to here are not held, nor there if they are too many */
    bool clock_moved;  /* by somebody, since the broker was made */
    struct recent_event recent[RECENT_EVENTS]; /* the newest events, by seq modulo their number */
};

/* The end of a changing verb: an unexpected error voids the turn. Returns error. */
int verb_end(struct broker *broker, int error);

/*
 * Appends the event of a change to secret, at an instant. reason is SPAN_NULL but for a failure.
 */
int event_append(struct broker *broker, struct txn *txn, enum event_kind kind, enum cause cause,
        const struct secret *secret, instant at, struct span reason);

/* Commits the open transaction, and counts what it held if it is kept. */
int turn_commit(struct broker *broker);

/*
 * Makes the next value by the secret's policy into *ret_value. GK_E_CANNOT_ROTATE, GK_E_TOO_LARGE
 */
int rotation_make_value(struct broker *broker, const struct policy *policy,
        const struct secret *secret, uint64_t version, struct buffer *ret_value);

/*
 * Makes secret, which holds a new value and is else as before was, the next version, and keeps it:
 * numbers and times are set here, the value of before goes to the older versions. before is NULL
 * for a secret that is new.
 */
int version_keep(struct broker *broker, struct txn *txn, struct secret *secret,
        const struct secret *before, enum cause cause, instant at);

/* What one expiry did. */
enum fired {
    FIRED_ROTATED,
    FIRED_EXPIRED,
    FIRED_FAILED,
    FIRED_NOTHING, /* it is hurt, and passed over from now on */
};

/*
 * Fires the expiry of the armed secret of that name, at an instant. until: the transaction fires
 * all that is due up to then before anybody sees what it did; at itself if that is not known.
 */
int rotation_fire(struct broker *broker, struct txn *txn, struct span name, instant at,
        instant until, enum fired *ret_fired);

/* Fires what is due up to target, each at its own instant, or at the one at which it was found late
 * (clock.h); at most a slice of it. */
int rotation_catch_up(struct broker *broker, instant target);

/* Says once by how much the clock is ahead of the machine's, and when it no longer is. */
void lead_say(struct broker *broker);

/*
 * Keeps where the clock stands while the machine's is behind it: each second while it goes on, once
 * while it waits. Begins and ends a write transaction of its own.
 */
int lead_keep(struct broker *broker);

/* When lead_keep() is to be called next; INT64_MAX: not by itself. */
instant lead_keep_at(const struct broker *broker);

/* Fires, once and at the clock's instant, what fell due while no daemon ran. */
int rotation_start_up(struct broker *broker);

/*
 * Steps of put and patch. secret holds the policy, TTL, version and generation so far.
 * check: that policy and TTL go together. value: the definition's, or one made by the policy.
 * labels: those of before (or NULL) under the definition's changes; comes after value, since both
 * stand in one buffer, and sets the spans into it.
 */
int definition_check(const struct secret *secret, struct problem *problem);
int definition_value(struct broker *broker, const struct definition *definition,
        struct secret *secret, struct problem *problem);
int definition_labels(const struct definition *definition, const struct secret *before,
        struct secret *secret, struct problem *problem);

/* GK_E_BAD_REQUEST: a value is to be generated, but the policy makes none. */
int cannot_generate(struct problem *problem);

/* GK_E_NO_SECRET with its sentence. */
int no_secret(struct problem *problem, struct span name);

/* What store_get_secret() said, with a sentence: the same, GK_E_HURT, or an errno as it is. */
int not_readable(int error, struct problem *problem, struct span name);

#endif

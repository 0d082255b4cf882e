/* What the files of the broker share: the broker itself, and the steps that several verbs take. */
#ifndef GHOSTKEYD_BROKER_BROKER_INTERNAL_H
#define GHOSTKEYD_BROKER_BROKER_INTERNAL_H

#include "broker/broker.h"
#include "broker/definition.h"
#include "broker/fault_table.h"
#include "broker/reader_table.h"
#include "broker/status.h"
#include "store/store_tables.h"

#define RECENT_EVENTS 64 /* as many changes as http/turn.c gathers in a turn on disk */

/* An event in memory. Its reason is a literal. */
struct recent_event {
    struct event event; /* seq 0: none yet */
    char name[GK_NAME_MAX_BYTES];
};

struct broker {
    struct store *store;
    struct broker_options options;
    struct keyring *keyring;
    struct clock clock;
    instant committed_now;   /* where the clock stood at the last commit */
    instant retry_at;        /* when to try again what could not be stored */
    instant kept_now;        /* the time in the store */
    int64_t logged_ahead_ms; /* how far the clock was ahead, as last logged */
    bool in_turn;
    struct broker_counters counters; /* of what was committed */
    struct broker_counters pending;  /* including the open transaction */
    uint64_t first_event;
    uint64_t resets;          /* that were committed */
    bool is_resetting;        /* the open transaction does it */
    instant began_at;         /* where a virtual clock began */
    uint64_t released;        /* the argument of the last broker_release_events() that succeeded */
    bool clock_moved;         /* by a client, since the broker was made */
    char made_id[UUID_CHARS]; /* of a version that was just made, if the one that it would have by
                                 itself is taken; until the next one is made */
    struct reader_table readers;
    struct fault_table faults;
    struct recent_event recent[RECENT_EVENTS]; /* the newest, at seq % RECENT_EVENTS */
};

/* turn.c: appends an event, and sets its seq. Its reason is a literal, or SPAN_NULL. */
int event_keep(struct broker *broker, struct event *event);

/* The same of a change to secret, about its current version. */
int event_append(struct broker *broker, enum event_kind kind, enum cause cause,
        const struct secret *secret, instant at, struct span reason);

/* Commits the open transaction. If that succeeds, counts what it changed. */
int turn_commit(struct broker *broker);

/* Commits if error is 0, else aborts the open transaction. Returns the first error. */
int turn_end(struct broker *broker, int error);

/* Ends a changing verb: after a negative error the turn's commit fails. Returns error. */
int verb_end(struct broker *broker, int error);

/* Writes the sentence of GK_E_NO_SECRET, and returns that. */
int no_secret(struct problem *problem, struct span name);

/* Writes the sentence of an outcome of store_get_secret(). Returns error. */
int not_readable(int error, struct problem *problem, struct span name);

/* ahead.c: logs by how much the clock is ahead of the machine's, if that has changed. */
void ahead_log(struct broker *broker);

/*
 * Stores the time while the machine's clock is behind: every second while GhostKey's clock goes
 * on, once while it waits. Uses a write transaction of its own.
 */
int ahead_keep(struct broker *broker);

/* When ahead_keep() is to be called next; INT64_MAX: no call is needed. */
instant ahead_keep_at(const struct broker *broker);

/* rotation.c: makes the next value by the policy. GK_E_CANNOT_ROTATE, GK_E_TOO_LARGE */
int rotation_make_value(struct broker *broker, const struct policy *policy,
        const struct secret *secret, uint64_t version, struct buffer *ret_value);

/* turn.c: removes the secret for good. */
int remove_secret(struct broker *broker, struct secret *secret, enum event_kind kind,
        enum cause cause, instant at);

/* rotation.c: fires the expiry of secret if it is due, and reads the secret as it is then. */
int fire_if_due(struct broker *broker, struct secret *secret);

/* What one expiry did. */
enum fired {
    FIRED_ROTATED,
    FIRED_EXPIRED,
    FIRED_FAILED,
    FIRED_DELETED,
};

/*
 * Fires the expiry of the armed secret of that name. until: all that is due up to then fires in the
 * same transaction, and nobody sees the state in between; equal to at if that is not known.
 */
int rotation_fire(
        struct broker *broker, struct span name, instant at, instant until, enum fired *ret_fired);

/*
 * Fires a part of what is due up to target: each secret at its own instant, or, if that was missed,
 * at the instant at which the clock noticed it (clock.h).
 */
int rotation_catch_up(struct broker *broker, instant target);

/* Fires what fell due while no daemon ran: each secret once, at the clock's instant. */
int rotation_start_up(struct broker *broker);

#endif

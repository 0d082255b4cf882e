/*
 * What GhostKey does: one function, a verb, for each operation of the contract's section 3.
 *
 * A turn of the event loop is one write transaction of the store: broker_begin_turn(), any number
 * of verbs, broker_commit(). No result of a changing verb may reach a client before broker_commit()
 * has returned 0. Reading verbs see what the turn has changed; so once it has changed something
 * (broker_is_changing), their results have to wait as well.
 *
 * Every verb returns 0, a negative errno, or one of the outcomes named beside it, with a sentence
 * for the client in *problem. A verb that returns an outcome has changed nothing, with one
 * exception: a rotation whose value is too large leaves an event `failed`, so its result has to
 * wait, too. If a changing verb returns a negative errno, the turn's commit fails.
 */
#ifndef GHOSTKEYD_BROKER_BROKER_H
#define GHOSTKEYD_BROKER_BROKER_H

#include "broker/clock.h"
#include "broker/definition.h"
#include "model/event.h"

struct broker;
struct store;

struct broker_options {
    size_t value_max_bytes;
    uint64_t keep_versions; /* at least 1: the current one counts */
    bool state_is_new;      /* the store was made just now */
};

/* The store has a state (model/state.h). The caller frees it, after the broker. */
int broker_new(
        struct store *store, const struct broker_options *options, struct broker **ret_broker);
struct broker *broker_free(struct broker *broker);

size_t broker_value_max_bytes(const struct broker *broker);

/*
 * Starts a turn, if none is open: reads the clock, then fires and commits a part of what is due. If
 * more is due, the clock stays at the last expiry that fired (contract, section 4). If what is due
 * cannot be stored, the clock stays where it was, and the next attempt is after a second.
 */
void broker_begin_turn(struct broker *broker);

/* Ends the turn: commits what its verbs changed. On failure none of it is kept. */
int broker_commit(struct broker *broker);
/* Makes the commit fail with error, so that a change whose answer cannot be written is not kept. */
void broker_void(struct broker *broker, int error);

/* Whether this turn has changed something, so that each later result waits for the commit. */
bool broker_is_changing(const struct broker *broker);

/* Between two turns: a part of the store's own work. is_quiet and the result: store_idle(). */
int broker_idle(struct broker *broker, bool is_quiet);

/* The store's file may have changed: store_look(). */
bool broker_look(struct broker *broker, int watch_fd);

/* Whether a commit waits for a disk, so that it pays to collect changes for one commit. */
bool broker_commit_waits(const struct broker *broker);

/* Stores the time of the system clock, after the last turn. Not called if the start failed. */
void broker_stop(struct broker *broker);

/* The instant of the next thing due; INT64_MAX: none. */
instant broker_next_due(struct broker *broker);

/* When, on the machine's clock, a turn should begin by itself; INT64_MAX: not at all. */
instant broker_wake_at(struct broker *broker);

/* How many seconds GhostKey's clock is ahead of the machine's, which was set back; 0: it is not. */
int64_t broker_ahead_s(const struct broker *broker);

/* GhostKey's time in this turn. */
instant broker_now(const struct broker *broker);
enum clock_kind broker_clock_kind(const struct broker *broker);

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
 * Makes the version of that number current, or the pending one (0).
 * GK_E_NO_SECRET, GK_E_NO_VERSION, GK_E_CONFLICT
 */
int broker_promote(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem);

/* Removes the pending version; number 0, or its number. GK_E_NO_SECRET, GK_E_NO_VERSION */
int broker_discard(struct broker *broker, struct span name, uint64_t number, uint64_t *ret_number,
        struct problem *problem);

/*
 * Undoes the deletion of the secret, or else of its current version (number 0), or of the version
 * of that number. GK_E_NO_SECRET, GK_E_NO_VERSION, GK_E_CONFLICT
 */
int broker_restore(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem);

/*
 * Forgets all but the seed, and puts a virtual clock back to where it began: what follows is as
 * after a start from nothing. GK_E_CLOCK_KIND: the clock is the system's, and is_forced is not set.
 */
int broker_reset(struct broker *broker, bool is_forced, struct problem *problem);

/* How often that was done: a reader of events that sees another number begins anew, behind 0. */
uint64_t broker_resets(const struct broker *broker);

/* What is known of a value that somebody shows as a secret's. */
struct verification {
    uint64_t version;  /* that has it; 0: none */
    struct span stage; /* the first one of that version; data NULL: it has none */
    bool is_accepted;  /* a service should accept it now */
    bool is_expired;   /* the secret is */
};

/*
 * Compares the value with those of all live versions that are kept. The time that it takes does not
 * depend on which of them is equal, or on whether one is. GK_E_NO_SECRET
 */
int broker_verify(struct broker *broker, struct span name, struct span value,
        struct verification *ret_verification, struct problem *problem);

/*
 * Deletes the secret: for good (recover_s 0), or so that it can be restored for that many seconds;
 * *ret_gone_at: until when, INT64_MAX if for good. GK_E_NO_SECRET, GK_E_PRECONDITION
 */
int broker_delete(struct broker *broker, struct span name, const struct expectation *expectation,
        uint32_t recover_s, instant *ret_gone_at, struct problem *problem);

/* Calls on_removed for each removed secret, in byte order. name is valid during the call. */
int broker_cleanup(struct broker *broker, void (*on_removed)(void *userdata, struct span name),
        void *userdata);

/* GK_E_NO_SECRET: also if the secret is there, but without a value. */
int broker_get(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem);

/* The same, also of a secret without a value. GK_E_NO_SECRET: it is not there. */
int broker_describe(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem);

/* Each is on at most one version of a secret. */
enum stage {
    STAGE_CURRENT,
    STAGE_PREVIOUS,
    STAGE_PENDING,
};
#define STAGE_COUNT (STAGE_PENDING + 1)

/* "current", ... */
const char *stage_text(enum stage stage);

/*
 * The secret with another version, which is live, in the place of the current one; all else is as
 * it is now. GK_E_NO_SECRET, GK_E_NO_VERSION
 */
int broker_get_version(struct broker *broker, struct span name, uint64_t number,
        struct secret *ret_secret, struct problem *problem);
int broker_get_stage(struct broker *broker, struct span name, enum stage stage,
        struct secret *ret_secret, struct problem *problem);

/* Appends the id of a version: the one that a client gave, else the one that is derived. */
int broker_version_id(struct broker *broker, struct span name, const struct version *version,
        struct buffer *buffer);

/*
 * Calls on_version for each version that is kept, oldest first, without its value. secret comes
 * from broker_describe() in the same turn.
 */
int broker_versions(struct broker *broker, const struct secret *secret,
        void (*on_version)(void *userdata, const struct version *version), void *userdata);

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

/*
 * Calls on_event for at most limit events with a seq above after, in order. Only the newest
 * GK_EVENTS_KEPT events are read.
 */
int broker_events(struct broker *broker, uint64_t after, size_t limit,
        void (*on_event)(void *userdata, const struct event *event), void *userdata);

/* The same with all older events that were not released, so that a log misses none. */
int broker_held_events(struct broker *broker, uint64_t after, size_t limit,
        void (*on_event)(void *userdata, const struct event *event), void *userdata);

/*
 * Releases the events up to and including a seq (UINT64_MAX: all, and all later ones): those that
 * are not among the newest GK_EVENTS_KEPT are dropped. Called between two turns.
 */
void broker_release_events(struct broker *broker, uint64_t up_to);

struct broker_status {
    const char *home; /* "memory", "fdstore", "file": where the state is kept */
    uint64_t secrets;
    uint64_t last_event;    /* seq; 0: none yet */
    uint64_t journal_bytes; /* 0: there is no journal */
    instant rewritten_at;   /* when the journal was last written anew; 0: never */
};

struct broker_status broker_status(struct broker *broker);

/* Counts of what was committed since the daemon started. */
struct broker_counters {
    uint64_t events[EVENT_KIND_COUNT];    /* by enum event_kind */
    uint64_t rotations[CAUSE_EXPIRY + 1]; /* by CAUSE_ROTATE and CAUSE_EXPIRY */
    uint64_t last_event;                  /* seq */
    uint64_t commits;
    uint64_t failed_commits;
};

const struct broker_counters *broker_counters(const struct broker *broker);

/* Whether nothing is lost if the daemon ends now and starts again later. */
bool broker_may_end(const struct broker *broker);

/* The seq of the last event before this broker was made. */
uint64_t broker_first_event(const struct broker *broker);

/* What a move of the clock fired. */
struct advance {
    uint64_t rotated;
    uint64_t expired;
    uint64_t deleted; /* of deletions that could be undone until then */
    instant next_due; /* INT64_MAX: nothing is due */
};

/* Moves the virtual clock by by_s seconds, or to an instant. GK_E_CLOCK_KIND, GK_E_BAD_REQUEST */
int broker_advance(
        struct broker *broker, int64_t by_s, struct advance *ret_advance, struct problem *problem);
int broker_set_clock(
        struct broker *broker, instant to, struct advance *ret_advance, struct problem *problem);

#endif

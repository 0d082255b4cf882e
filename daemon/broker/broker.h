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

struct broker;
struct secret;
struct store;

struct broker_options {
    size_t value_max_bytes;
    uint64_t keep_versions; /* at least 1: the current one counts */
    bool state_is_new;      /* the store was made just now */
    /* How many a wire API keeps of a secret, in place of keep_versions; 0: that. May be NULL. */
    uint64_t (*keeps)(const void *userdata, const struct secret *secret);
    const void *userdata;
    /*
     * Makes what a state begins with: in the turn that resets it, and for broker_begin_state(). On
     * an error the turn fails. NULL: a new state is empty.
     */
    int (*begin)(const void *begin_userdata, struct broker *broker);
    const void *begin_userdata;
};

/*
 * The store has a state (model/state.h). The caller frees it, after the broker. *ret_broker is set
 * before options->keeps is called.
 */
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

/* Once, before the first turn of a broker whose state is new: makes what it begins with. */
int broker_begin_state(struct broker *broker);

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

/* Whether nothing is lost if the daemon ends now and starts again later. */
bool broker_may_end(const struct broker *broker);

/* The seq of the last event before this broker was made. */
uint64_t broker_first_event(const struct broker *broker);

#endif

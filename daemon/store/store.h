/*
 * What is kept, and the transactions in which it changes.
 *
 * One store is one LMDB environment on one file descriptor: a memfd, or a file. There is one
 * process and one thread, and at most one write transaction. Nothing that a function here hands out
 * points into the store: it was copied, but for what a walk shows, which is valid during the call
 * it is shown in.
 *
 * Every function returns 0, a negative errno (logged here), or the outcome named beside it.
 */
#ifndef GHOSTKEYD_STORE_STORE_H
#define GHOSTKEYD_STORE_STORE_H

#include "ghostkey/error.h"
#include "model/event.h"
#include "model/secret.h"
#include "model/state.h"

struct seal;
struct store;
struct txn;

/* What it lives on, as GET /v1/status says it. */
enum store_home {
    STORE_MEMORY,  /* ends with the process */
    STORE_FDSTORE, /* the service manager keeps it, too */
    STORE_FILE,    /* every commit is synced */
};

struct store_options {
    enum store_home home;
    struct seal *seal; /* what is private is encrypted with it; NULL: it is not. The caller's */
};

/* Opens the store that fd holds, or makes one of it if it is empty. fd stays the caller's and
 * outlives the store. A file was checked before (store/check.h). */
int store_open(int fd, const struct store_options *options, struct store **ret_store);
struct store *store_free(struct store *store);

enum store_home store_home(const struct store *store);
/* The service manager keeps it, too, from now on. */
void store_is_parked(struct store *store);

/* What was committed, and what the open write transaction has changed since: whoever tells of that
 * waits for its commit (store_is_changing). Valid until store_end_reads() or a commit. */
int store_read(struct store *store, struct txn **ret_txn);
void store_end_reads(struct store *store);

/* The open write transaction; begins one if there is none. */
int store_write(struct store *store, struct txn **ret_txn);
bool store_is_writing(const struct store *store);
bool store_is_changing(const struct store *store); /* and something was changed in it */

/* Ends the write transaction: on 0 all of it is kept, else nothing of it happened. A write that
 * failed half-way makes the commit fail. Without an open one: 0. */
int store_commit(struct store *store);
void store_abort(struct store *store);

/* Has LMDB take over what commits left in the log, and wipes the memory it was gathered in; nothing
 * while somebody writes. On an error nothing is lost. It costs two flushes: when there is time. */
int store_settle(struct store *store);

/* Makes the commit of the open write transaction fail with error. */
void store_void(struct store *store, int error);

/* GK_E_NO_SECRET while the store is new; -EPROTONOSUPPORT if another version made it; -EACCES if
 * the seal is not the one it was made with. What is said of these is left to the caller. */
int store_get_state(struct txn *txn, struct state *ret_state);
int store_put_state(struct txn *txn, const struct state *state);

/* Keeps only where the clock stands; the rest of the state never changes. */
int store_put_clock(struct txn *txn, instant now);

/* GK_E_NO_SECRET; GK_E_DAMAGED (logged): its record is damaged, all else may be whole */
int store_get_secret(struct txn *txn, struct span name, struct secret *ret_secret);

/* Keeps it in place of before (NULL: a new one), and the due index with it. */
int store_put_secret(struct txn *txn, const struct secret *secret, const struct secret *before);

/* Removes it and all its versions; its revision and generation stay known as its tombstone. */
int store_delete_secret(struct txn *txn, const struct secret *secret);

/* What a deleted name left; zeros if it never was. */
struct tombstone {
    uint64_t revision;
    uint64_t generation;
};
int store_get_tombstone(struct txn *txn, struct span name, struct tombstone *ret_tombstone);

/* Walks, in byte order, the secrets whose name begins with prefix and is past after, those that are
 * damaged included. visit returns 0 to go on, anything else to end the walk with that. */
typedef int (*secret_visitor)(void *userdata, const struct secret *secret);
int store_walk_secrets(struct txn *txn, struct span prefix, struct span after, secret_visitor visit,
        void *userdata);
int store_count_secrets(struct txn *txn, uint64_t *ret_count);

/* Older versions. GK_E_NO_VERSION */
int store_put_version(struct txn *txn, struct span name, const struct version *version);
int store_get_version(
        struct txn *txn, struct span name, uint64_t number, struct version *ret_version);
typedef int (*version_visitor)(void *userdata, const struct version *version);
int store_walk_versions(struct txn *txn, struct span name, version_visitor visit, void *userdata);

/* Forgets those numbered up to and including last. */
int store_drop_versions(struct txn *txn, struct span name, uint64_t last);

/* Appends it, with its seq set by the store, and forgets the one GK_EVENTS_KEPT before it, unless
 * that is held: past a seq (none, at first) events stay until store_drop_events(). */
int store_append_event(struct txn *txn, struct event *event);
void store_hold_events(struct store *store, uint64_t after);
int store_drop_events(struct txn *txn, uint64_t last); /* up to and including last */
int store_first_seq(struct txn *txn, uint64_t *ret_seq);
int store_last_seq(struct txn *txn, uint64_t *ret_seq);
typedef int (*event_visitor)(void *userdata, const struct event *event);
int store_walk_events(struct txn *txn, uint64_t after, event_visitor visit, void *userdata);

#endif

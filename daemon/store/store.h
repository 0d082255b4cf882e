/*
 * What is kept, and the turns in which it changes.
 *
 * The state is in memory (memory.h). A journal of what each turn changed makes it survive
 * (journal.h): a file, or a memfd that the service manager keeps. There is one process and one
 * thread, and at most one open turn.
 *
 * What a function hands out points into the store: it is valid until the end of the turn, or until
 * the next change of that secret.
 *
 * Every function returns 0, a negative errno (logged here), or the outcome named beside it.
 */
#ifndef GHOSTKEYD_STORE_STORE_H
#define GHOSTKEYD_STORE_STORE_H

#include "ghostkey/error.h"
#include "model/event.h"
#include "model/secret.h"
#include "model/state.h"

struct damage;
struct limits;
struct seal;
struct store;

/* What it lives on, as GET /v1/status says it. */
enum store_home {
    STORE_MEMORY,  /* ends with the process */
    STORE_FDSTORE, /* the service manager keeps its journal */
    STORE_FILE,    /* every turn is synced */
};

/* An empty store without a journal. seal stays the caller's and outlives the store; NULL: none. */
int store_new(enum store_home home, struct seal *seal, struct store **ret_store);
struct store *store_free(struct store *store);
enum store_home store_home(const struct store *store);

/* Reads the journal in fd, which is taken over by success; nothing is written yet. Errors are those
 * of journal_load(), and not logged; -ENOMSG: the journal was still being written. */
int store_load(struct store *store, int fd, struct damage *ret_damage);

/* Keeps all there is in a journal in fd, which is empty, and taken over by success. home is what
 * the store lives on from now on. */
int store_keep_in(struct store *store, int fd, enum store_home home);

/* A second memfd that the service manager keeps, taken over: the journal is written anew in it. */
void store_set_spare(struct store *store, int fd);

/* Before the first turn: what was loaded may be written from now on. path, the file's name, stays
 * the caller's; NULL: it is no file. */
int store_begin(struct store *store, const char *path);

/* At a clean stop: writes a small journal anew, so that nothing deleted is left in it, and marks it
 * as closed. The store is not written any more. */
void store_close(struct store *store);

/* What it may take, with its journal (bound.h): no limits, at first. */
void store_set_limits(struct store *store, const struct limits *limits);

/* Begins a turn, if none is open. GK_E_STORE_...: its journal cannot be written. */
int store_write(struct store *store);
bool store_is_writing(const struct store *store);
bool store_is_changing(const struct store *store); /* and something was changed in it */

/* Ends the turn: on 0 all of it is kept, else nothing of it happened. A write that failed half-way
 * makes the commit fail. Without an open one: 0. GK_E_STORE_... */
int store_commit(struct store *store);
void store_abort(struct store *store);

/* Makes the commit of the open turn fail with error. */
void store_void(struct store *store, int error);

/* Between two turns: does a part of what keeps memory and journal small. is_quiet: no client has
 * changed anything for a while. Returns in how many milliseconds to call it again; -1: after the
 * next turn. */
int store_idle(struct store *store, bool is_quiet);

/* Logs if the file has been cut, moved, replaced or removed, and watches the one that has its name
 * (process/file_watch.h). */
void store_look(struct store *store, int watch_fd);

/* The time on GhostKey's clock, for what the store says of itself. */
void store_set_now(struct store *store, instant now);

/* What the journal takes, for whoever asks how the daemon is. */
struct store_journal {
    uint64_t bytes;       /* 0: there is none */
    instant rewritten_at; /* when it was last written anew; 0: never */
};
struct store_journal store_journal(const struct store *store);

/* GK_E_NO_SECRET while the store is new. The seed in *ret_state is a copy. */
int store_get_state(struct store *store, struct state *ret_state);
int store_put_state(struct store *store, const struct state *state);

/* Keeps only where the clock stands; the rest of the state never changes. */
int store_put_clock(struct store *store, instant now);

/* GK_E_NO_SECRET */
int store_get_secret(struct store *store, struct span name, struct secret *ret_secret);

/* Keeps it. Its spans point into the store then, and what was read of it before is not valid any
 * more. */
int store_put_secret(struct store *store, struct secret *secret);

/* Removes it and all its versions; its revision and generation stay known as its tombstone. */
int store_delete_secret(struct store *store, const struct secret *secret);

/* What a deleted name left; zeros if it never was. */
struct tombstone {
    uint64_t revision;
    uint64_t generation;
};
int store_get_tombstone(struct store *store, struct span name, struct tombstone *ret_tombstone);

/* Walks, in byte order, the secrets whose name begins with prefix and is past after. visit changes
 * nothing, and returns 0 to go on, anything else to end the walk with that. */
typedef int (*secret_visitor)(void *userdata, const struct secret *secret);
int store_walk_secrets(struct store *store, struct span prefix, struct span after,
        secret_visitor visit, void *userdata);
uint64_t store_count_secrets(const struct store *store);

/* The armed secret that is due first. *ret_due is INT64_MAX if there is none. */
void store_first_due(struct store *store, instant *ret_due, struct span *ret_name);

/* Walks, in (due, name) order, the armed secrets that are due at to or before. */
int store_walk_due(struct store *store, instant to, secret_visitor visit, void *userdata);

/* Walks, in byte order of names, the secrets whose expiry has fired, as store_walk_secrets(). */
int store_walk_expired(struct store *store, struct span prefix, struct span after,
        secret_visitor visit, void *userdata);

/* Older versions. GK_E_NO_VERSION */
int store_put_version(struct store *store, struct span name, const struct version *version);
int store_get_version(
        struct store *store, struct span name, uint64_t number, struct version *ret_version);
typedef int (*version_visitor)(void *userdata, const struct version *version);
int store_walk_versions(
        struct store *store, struct span name, version_visitor visit, void *userdata);

/* Forgets those numbered up to and including last. */
int store_drop_versions(struct store *store, struct span name, uint64_t last);

/* Appends it, with its seq set by the store. The newest GK_EVENTS_KEPT stay, and those past a seq
 * that is held (none, at first). */
int store_append_event(struct store *store, struct event *event);
void store_hold_events(struct store *store, uint64_t after);
int store_drop_events(struct store *store, uint64_t last); /* up to and including last */
uint64_t store_first_seq(struct store *store);             /* 0: there is no event */
uint64_t store_last_seq(struct store *store);
typedef int (*event_visitor)(void *userdata, const struct event *event);
int store_walk_events(struct store *store, uint64_t after, event_visitor visit, void *userdata);

#endif

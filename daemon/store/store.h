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

#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "ghostkey/error.h"

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
int store_open_turn(struct store *store);
bool store_is_writing(const struct store *store);
bool store_is_changing(const struct store *store); /* and something was changed in it */

/* Whether the last turn that would have made the store larger was refused for want of room. */
bool store_is_full(const struct store *store);

/* Takes all away, as the first change of a turn. What was read is not valid any more. */
int store_clear(struct store *store);

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
 * (process/file_watch.h). While turns write to it, they look at it, and their writes are not
 * watched, which would cost each of them time. Returns whether to look again soon. */
bool store_look(struct store *store, int watch_fd);

/* The time on GhostKey's clock, for what the store says of itself. */
void store_set_now(struct store *store, instant now);

/* What the journal takes, for whoever asks how the daemon is. */
struct store_journal {
    uint64_t bytes;       /* 0: there is none */
    instant rewritten_at; /* when it was last written anew; 0: never */
};
struct store_journal store_journal(const struct store *store);

#endif

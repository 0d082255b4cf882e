/*
 * A journal written anew, while the store goes on: without what was replaced and deleted.
 *
 * - Between two turns a second journal is begun, with the next generation. From then on each turn
 *   is appended to it as well, once it is kept in the first one.
 * - A frame holds absolute changes only, so the last change of a key counts, wherever the copy of
 *   that key lies.
 * - Slices copy the keys as they are now, in order, between turns.
 * - Behind the last key a thread syncs the file; then, between two turns, the end mark is written,
 *   the rest is synced, and the new file takes the place of the old one (of two memfds the one with
 *   the higher generation counts, if it has its end mark).
 * - An error before that discards the new journal, and the store goes on with the old one.
 */
#ifndef GHOSTKEYD_STORE_REWRITE_H
#define GHOSTKEYD_STORE_REWRITE_H

#include "store/journal.h"
#include "store/memory.h"
#include <pthread.h>
#include <stdatomic.h>

struct store;

#define REWRITE_SUFFIX ".rewrite"

struct rewrite {
    struct journal to; /* fd -1: nothing is being written anew */
    enum table table;  /* the next key to be copied is past `after` in this table */
    struct buffer after;
    bool is_copied;  /* all keys are */
    bool is_syncing; /* the thread runs, or has ended */
    pthread_t thread;
    atomic_int synced; /* by the thread: 1, or a negative errno */
    uint64_t appended; /* by turns, since the last slice */
    /* After a failure it is tried again once the journal is so long, or once so little is live. */
    uint64_t retry_at;
    uint64_t retry_live;
};

/* Between two turns: begins if the journal is mostly dead, copies a slice, or ends. Returns in how
 * many milliseconds to go on; -1: there is nothing to be done. */
int rewrite_step(struct store *store);

/* Whether so much of the journal is dead that it is to be written anew. */
bool rewrite_is_due(const struct store *store);

/* A frame of the turn is kept. */
void rewrite_follow(struct store *store, struct span payload);

/* Gives up. */
void rewrite_discard(struct store *store);

/* Before the first turn: removes what a daemon that died while it wrote this store anew has left.
 */
void rewrite_remove_leftover(struct store *store);

/* All of it at once. 0, or a negative errno (logged), and all is as before. */
int rewrite_at_once(struct store *store);

/* Whether the journal holds more than what is live. */
bool rewrite_is_worthwhile(const struct store *store);

/* Writes all that is in memory to an empty journal, and its end mark. */
int rewrite_copy(struct store *store, struct journal *journal);

#endif

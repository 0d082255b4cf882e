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
 *   the higher generation counts, if it has its end mark). A thread gives back what the old one
 * took.
 * - An error before that discards the new journal, and the store goes on with the old one.
 */
#ifndef GHOSTKEYD_STORE_REWRITE_H
#define GHOSTKEYD_STORE_REWRITE_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/journal.h"
#include "store/memory.h"

enum rewrite_phase {
    REWRITE_NONE,
    REWRITE_COPYING,
    REWRITE_SYNCING,  /* a thread syncs the new journal */
    REWRITE_CLEARING, /* a thread empties or closes the old one */
};

struct rewrite {
    struct memory *memory;   /* the store's: what is copied */
    struct journal *journal; /* the store's: what is written anew */
    int spare_fd;            /* an empty memfd that the service manager keeps; -1: there is none */
    instant now;             /* on GhostKey's clock */
    char path[PATH_MAX];     /* of a new journal that is a file */
    bool is_wanted;          /* soon, however short the journal is: nothing in it is live */
    bool is_room_short;      /* the store is full, or almost */
    enum rewrite_phase phase;
    struct journal to; /* fd -1: nothing is being written anew */
    enum table table;  /* the next key to be copied is `from` in this table, or comes after it */
    struct buffer from;
    struct buffer frame;
    uint64_t appended; /* by turns, since the last slice */
    uint64_t synced;   /* up to here the thread syncs the new journal */
    /* After a failure it is tried again once the journal is so long, or once so little is live. */
    uint64_t retry_at;
    uint64_t retry_live;
    int old_fd; /* of the old journal, while the thread clears it */
    pthread_t thread;
    bool has_thread;
    atomic_int result; /* of the thread; 1: it runs */
};

void rewrite_init(struct rewrite *rewrite, struct memory *memory, struct journal *journal);
void rewrite_deinit(struct rewrite *rewrite);

/* Between two turns: begins if the journal is mostly dead, copies a slice, or ends. Returns in how
 * many milliseconds to go on; -1: there is nothing to be done. */
int rewrite_step(struct rewrite *rewrite);

/* Whether so much of the journal is dead that it is to be written anew. */
bool rewrite_is_due(const struct rewrite *rewrite);

/* The frame of a turn was written, as by journal_write(). */
void rewrite_follow(struct rewrite *rewrite, struct buffer *frame, unsigned int flags);

/* Gives up, and waits until all that it took is given back. */
void rewrite_discard(struct rewrite *rewrite);

/* Before the first turn, with the path of the store's file. Removes what a daemon that died while
 * it wrote this store anew has left. */
void rewrite_set_path(struct rewrite *rewrite, const char *path);

/* All of it at once, and what the old journal took is given back. 0, or a negative errno (logged),
 * and all is as before. */
int rewrite_at_once(struct rewrite *rewrite);

/* Whether the journal holds more than what is live. */
bool rewrite_is_worthwhile(const struct rewrite *rewrite);

/* Writes all that is in memory to an empty journal, with its end mark, and syncs it. */
int rewrite_copy(struct memory *memory, struct journal *journal);

#endif

/* What the files of the store share. */
#ifndef GHOSTKEYD_STORE_STORE_INTERNAL_H
#define GHOSTKEYD_STORE_STORE_INTERNAL_H

#include "store/bound.h"
#include "store/store.h"

struct store {
    enum store_home home;
    struct seal *seal; /* the caller's */
    struct memory memory;
    struct journal journal;
    struct rewrite rewrite;
    struct bound bound;
    bool is_turn_open;
    int trouble;           /* the outcome that the last turn was refused with; 0: none */
    bool is_growing;       /* the turn keeps more than there was: it leaves room for deletions */
    int failed;            /* the first error of the turn: its commit fails with it */
    uint64_t heap_peak;    /* memory.heap_bytes at most since memory was given back */
    uint64_t room_in;      /* the generation of the journal that was asked for room to delete all */
    uint64_t looked_at;    /* journal.kept when store_look() was called last */
    uint64_t held_after;   /* events past it are not dropped by themselves */
    struct buffer scratch; /* where records are encoded */
    struct buffer frame;   /* that is being built */
};

/* Before a turn that grows keeps another record of len bytes: 0, or GK_E_STORE_FULL (logged
 * once). */
int store_check_room(struct store *store, size_t len);

/* The first error of a change voids the turn. Returns error, logged. */
int store_fail(struct store *store, int error, const char *doing);

#endif

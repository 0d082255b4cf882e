/*
 * The log of what turns changed since LMDB's last commit, in a store: store_redo.c.
 */
#ifndef GHOSTKEYD_STORE_STORE_REDO_H
#define GHOSTKEYD_STORE_STORE_REDO_H

#include "store/redo.h"
#include <lmdb.h>
#include <sys/types.h>

struct store;
struct txn;

struct store_redo {
    off_t at;         /* where its frames begin in the file; 0: there is no log */
    bool is_shut;     /* there is no room for LMDB to take over what it would hold */
    size_t used;      /* bytes of frames that stand on LMDB's last commit */
    uint64_t count;   /* of them */
    uint64_t changes; /* in them */
    uint64_t salt;
    size_t soiled;       /* from used to here other bytes may stand, whole pages */
    struct buffer frame; /* what the open transaction changed */
    uint64_t noted;      /* changes in that */
};

/*
 * It is made with the store;
 * found, and measured, whenever the environment is opened; applied to each write transaction that
 * is begun. What is changed is noted; at the end of a turn it is written (-ENOBUFS: it does not
 * fit, LMDB must commit) or forgotten; and a commit of LMDB's ends all that it held.
 */
int store_redo_make(struct txn *txn);
int store_redo_open(struct store *store);
int store_redo_apply(struct txn *txn);
void store_redo_note(
        struct txn *txn, enum redo_kind kind, MDB_dbi table, struct span key, struct span record);
int store_redo_write(struct store *store);
void store_redo_forget(struct store *store);
void store_redo_end(struct store *store);

/*
 * Whether it may grow by what LMDB takes to take over a full log, so that what was acknowledged is
 * never stuck there for want of room: without it each turn is a commit of LMDB's. A change touches
 * a page, in a large tree one that no other does, and a few more are split or lead there.
 */
#define STORE_ROOM_BYTES ((uint64_t)16 << 20)
#define STORE_CHANGES_MAX 2800
bool store_has_room(struct store *store);
void store_give_back_room(struct store *store); /* what a file has for it */

#endif

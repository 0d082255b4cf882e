/*
 * The tables of a store, and what a sound entry of each looks like: for store.c, which opens them,
 * and check.c, which looks at them first.
 */
#ifndef GHOSTKEYD_STORE_TABLES_H
#define GHOSTKEYD_STORE_TABLES_H

#include "common/span.h"
#include <stdint.h>

#define STORE_MAP_BYTES ((uint64_t)16 << 30) /* of address space: files grow as they are filled */

#define STORE_PAGE_BYTES 4096 /* LMDB takes the system's; a file of others is refused */

#define TABLE_COUNT 6
#define TABLE_STATES "states"     /* KEY_STATE, KEY_CLOCK, KEY_TXN, KEY_REDO */
#define TABLE_SECRETS "secrets"   /* name */
#define TABLE_TRACES "traces"     /* name of a deleted secret */
#define TABLE_VERSIONS "versions" /* name 00 number (8 bytes, big-endian) */
#define TABLE_DUE "due"           /* secret_due_at() (key_put_instant) name; nothing in it */
#define TABLE_EVENTS "events"     /* seq (the machine's own integer) */

#define KEY_STATE SPAN_LITERAL("state")
#define KEY_CLOCK SPAN_LITERAL("clock")
#define KEY_TXN SPAN_LITERAL("txn")   /* only in a store on a file: check.h */
#define KEY_REDO SPAN_LITERAL("redo") /* the log: redo.h */

#define KEY_NUMBER_BYTES 8

/* What is counted over all entries, for what no entry can tell of itself. */
struct tally {
    uint64_t txn;      /* the snapshot's; the walk begins with it */
    uint64_t with_ttl; /* secrets with a TTL, and a sum over them */
    uint64_t with_ttl_sum;
    uint64_t due; /* the same over the index */
    uint64_t due_sum;
    uint64_t last_seq; /* 0: no event yet */
};

struct table_format {
    const char *name;
    unsigned int flags;                                                     /* LMDB's */
    int (*check)(struct span key, struct span record, struct tally *tally); /* 0 or -EBADMSG */
    bool (*may_change)(struct span key); /* whether the log may hold a change of such a key */
};

/* Whether a store makes such a change: its key and its record look as the table's do. */
struct redo_change;
bool tables_change_is_sound(const struct redo_change *change);

/* NULL if there is no such table. */
const struct table_format *tables_find(struct span name);
const struct table_format *tables_at(size_t at);

/* Numbers in keys are big-endian, so that bytes order as the numbers do. */
static inline void key_put_number(char place[KEY_NUMBER_BYTES], uint64_t number) {
    for (int i = KEY_NUMBER_BYTES - 1; i >= 0; i--) {
        place[i] = (char)(number & 0xff);
        number >>= 8;
    }
}

static inline uint64_t key_take_number(const char *place) {
    uint64_t number = 0;

    for (int i = 0; i < KEY_NUMBER_BYTES; i++) {
        number = number << 8 | (unsigned char)place[i];
    }
    return number;
}

/* Instants before 1970 are below zero: with the sign turned they order as numbers do. */
static inline void key_put_instant(char place[KEY_NUMBER_BYTES], int64_t at) {
    key_put_number(place, (uint64_t)at ^ UINT64_C(1) << 63);
}

static inline int64_t key_take_instant(const char *place) {
    return (int64_t)(key_take_number(place) ^ UINT64_C(1) << 63);
}

#endif

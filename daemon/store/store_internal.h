/*
 * What the files of the store share: the environment, its tables, and how LMDB's answers are told
 * to the rest of the daemon.
 */
#ifndef GHOSTKEYD_STORE_STORE_INTERNAL_H
#define GHOSTKEYD_STORE_STORE_INTERNAL_H

#include "store/store.h"
#include "store/store_redo.h"
#include "store/tables.h"
#include <lmdb.h>
#include <sys/types.h>

struct txn {
    struct store *store;
    MDB_txn *handle;   /* NULL: none open */
    bool begun;        /* somebody writes; else it holds what the log does, and is read */
    int failed;        /* the first error of a write: the commit will fail with it */
    bool changed;      /* something was written */
    bool is_unfit;     /* some of that the log cannot hold: LMDB commits */
    uint64_t last_seq; /* of the events in it; 0: not looked up yet, or none */
};

struct store {
    MDB_env *env;
    int fd;            /* the caller's */
    uint64_t reserved; /* up to here it may grow for sure */
    bool has_gathered; /* a write transaction was begun since the environment was opened */
    struct store_options options;
    MDB_dbi states;
    MDB_dbi secrets;
    MDB_dbi traces;
    MDB_dbi versions;
    MDB_dbi due;
    MDB_dbi events;
    struct txn reading;
    bool read_begun; /* reading.handle is renewed, not only kept */
    struct txn writing;
    struct store_redo redo;
    uint64_t held_after;   /* events past it are not dropped by themselves */
    struct buffer scratch; /* where records are encoded */
    struct buffer plain;   /* what was sealed of the entry that a walk shows */
    struct buffer passed;  /* names the due index passes over, each behind its length */
};

/* Opens the environment on store->fd, and its tables; closes it, what is open in it included. */
int store_open_env(struct store *store);
void store_close_env(struct store *store);

/*
 * After a commit that failed LMDB may not know which of two states its file is in, and then begins
 * nothing any more: it is closed, and opened again before its next use. The file says which.
 */
int store_open_again(struct store *store);

/*
 * LMDB keeps the pages that it gathers a transaction in, values and all, for the next one: another
 * environment has none. It comes first: should it not come to be, the old one still serves.
 */
int store_renew_env(struct store *store);

MDB_dbi *store_table_at(struct store *store, size_t at); /* the order of tables_at() */

/*
 * What stands where a commit will write which transaction is the newest. LMDB alternates between
 * two places; should the write fail, it puts the old number back there, but leaves the roots of the
 * trees that came to nothing, which no check could tell from damage. So the old bytes are put back
 * whole. In memory no write fails so.
 */
#define STORE_HEAD_BYTES 512 /* a sector: what LMDB writes there is within the first one */
struct store_head {
    char bytes[STORE_HEAD_BYTES];
    size_t len; /* 0: there was nothing to be saved */
    off_t at;
};
void store_save_head(struct store *store, uint64_t txn, struct store_head *ret_head);
void store_restore_head(struct store *store, const struct store_head *head);

/* Logs what LMDB said of doing, and returns it as a negative errno. code is not 0. */
int store_error(int code, const char *doing);

/* The same for an error of a write: the transaction is lost. */
int store_write_error(struct txn *txn, int code, const char *doing);

/* Puts what the scratch buffer holds under key. */
int store_put_scratch(
        struct txn *txn, MDB_dbi table, struct span key, unsigned int flags, const char *doing);

/* 0, MDB_NOTFOUND, or a negative errno. *ret_record points into the store. */
int store_find(struct txn *txn, MDB_dbi table, struct span key, struct span *ret_record,
        const char *doing);

/* Removes what stands under key; nothing there is no error. */
int store_remove(struct txn *txn, MDB_dbi table, struct span key, const char *doing);

/* Shows visit the secret of a record, or its name alone if the record is damaged. */
int store_show_secret(struct txn *txn, struct span name, struct span record, secret_visitor visit,
        void *userdata);

/* A decoder's error, logged. */
int store_damaged(int error, const char *what);

#define CURSOR_AUTO __attribute__((cleanup(cursor_closep)))

static inline void cursor_closep(MDB_cursor **cursor) {
    if (*cursor != NULL) {
        mdb_cursor_close(*cursor);
    }
}

static inline MDB_val val_of(struct span span) {
    return (MDB_val){.mv_size = span.len, .mv_data = (void *)span.data};
}

static inline struct span span_of_val(MDB_val val) {
    return (struct span){val.mv_data, val.mv_size};
}

#endif

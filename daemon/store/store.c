/*
 * The store: environment and transactions.
 *
 * LMDB gives what the broker needs and no more: one writer whose changes appear all at once or not
 * at all. Some of its rules shape this file:
 *
 * - A commit of its costs two flushes of many pages. So a turn ends with what it changed in the log
 *   (store_redo.c), and the write transaction stays open: what is read meanwhile is read in it.
 *   LMDB commits when the log is full, when nothing was changed for a while, and at the end.
 * - A change cannot be undone within a transaction. When a turn is not kept, the transaction is
 *   given up, and the next one begins with what the log holds: the turns before.
 * - There is one thread, so no lock table (MDB_NOLOCK); a store on a file is locked by state.c. For
 *   want of that table LMDB does not know of readers: a page freed by one commit may be reused by
 *   the next. So the snapshot never outlives a commit (store_end_reads).
 * - mdb_txn_commit() frees the transaction also when it fails, so the handle is forgotten in the
 *   same breath. Any error within a write transaction voids the turn: it is remembered, and the
 *   commit turns into an abort.
 * - Error codes are LMDB's own negatives and positive errnos in one int. They end in store_error().
 * - MDB_NOMEMINIT is never set: it would let freed heap memory, other secrets perhaps, into pages.
 * - What is deleted stays in free pages, and in the log, until they are reused, so the pages of a
 *   store hold old values for a while. That is why a memfd, and why --store-key for a file.
 *
 * The map is large but only address space: pages appear as they are written.
 */
#include "store/store_internal.h"

#include "store/record.h"
#include <errno.h>
#include <stdlib.h>

enum store_home store_home(const struct store *store) {
    return store->options.home;
}

void store_is_parked(struct store *store) {
    store->options.home = STORE_FDSTORE;
}

static int begin(struct store *store, unsigned int flags, MDB_txn **handle) {
    bool is_kept = *handle != NULL; /* only a reading one is */
    int code = is_kept ? mdb_txn_renew(*handle) : mdb_txn_begin(store->env, NULL, flags, handle);

    if (code != 0 && !is_kept) {
        *handle = NULL;
    }
    return code;
}

static void drop_handle(struct txn *writing) {
    if (writing->handle != NULL) {
        mdb_txn_abort(writing->handle);
        writing->handle = NULL;
    }
}

/* The write transaction, with what the log holds in it. */
static int open_writing(struct store *store) {
    struct txn *writing = &store->writing;
    int error;
    int code;

    if (writing->handle != NULL) {
        return 0;
    }
    code = begin(store, 0, &writing->handle);
    if (code != 0) {
        return store_error(code, "begin to write");
    }
    store->has_gathered = true;
    writing->last_seq = 0;
    error = store_redo_apply(writing);
    if (error != 0) {
        drop_handle(writing);
    }
    return error;
}

static int read_committed(struct store *store, struct txn **ret_txn) {
    struct txn *reading = &store->reading;
    int code = store->read_begun ? 0 : begin(store, MDB_RDONLY, &reading->handle);

    if (code != 0) {
        return store_error(code, "begin to read");
    }
    store->read_begun = true;
    *ret_txn = reading;
    return 0;
}

int store_read(struct store *store, struct txn **ret_txn) {
    int error = store_open_again(store);

    if (error != 0) {
        return error;
    }
    if (store->writing.handle == NULL && store->redo.used == 0) {
        return read_committed(store, ret_txn);
    }
    error = open_writing(store);
    if (error != 0) {
        return error;
    }
    *ret_txn = &store->writing;
    return store->writing.failed;
}

void store_end_reads(struct store *store) {
    buffer_clear(&store->plain); /* no entry is shown any longer */
    if (store->read_begun) {
        mdb_txn_reset(store->reading.handle);
        store->read_begun = false;
    }
}

int store_write(struct store *store, struct txn **ret_txn) {
    int error = store_open_again(store);

    if (error == 0) {
        error = open_writing(store);
    }
    if (error != 0) {
        return error;
    }
    store->writing.begun = true;
    *ret_txn = &store->writing;
    return store->writing.failed;
}

bool store_is_writing(const struct store *store) {
    return store->writing.begun;
}

bool store_is_changing(const struct store *store) {
    return store->writing.changed || store->writing.failed != 0;
}

static void end_turn(struct txn *writing) {
    writing->begun = false;
    writing->failed = 0;
    writing->changed = false;
    writing->is_unfit = false;
    store_redo_forget(writing->store);
}

void store_abort(struct store *store) {
    struct txn *writing = &store->writing;

    if (store_is_changing(store) || store->redo.used == 0) {
        drop_handle(writing); /* the next one begins with what the log holds */
    }
    end_turn(writing);
}

/* check.h: why a transaction keeps its own number. */
static int put_own_number(struct store *store) {
    struct txn *txn = &store->writing;

    record_encode_number(&store->scratch, KEY_TXN, mdb_txn_id(txn->handle));
    return store_put_scratch(txn, store->states, KEY_TXN, 0, "number a transaction");
}

/* Has LMDB keep all that its write transaction holds. */
static int commit_all(struct store *store) {
    struct txn *writing = &store->writing;
    int error = store->options.home == STORE_FILE ? put_own_number(store) : 0;
    struct store_head head;
    int code;

    if (error != 0) {
        store_abort(store);
        return error;
    }
    store_save_head(store, mdb_txn_id(writing->handle), &head);
    code = mdb_txn_commit(writing->handle);
    writing->handle = NULL;
    end_turn(writing);
    if (code == 0) {
        store_redo_end(store);
        store->redo.is_shut = !store_has_room(store);
        return 0;
    }
    store_restore_head(store, &head);
    store_close_env(store);
    return store_error(code, "commit");
}

int store_commit(struct store *store) {
    struct txn *writing = &store->writing;
    int error = writing->failed;

    store_end_reads(store);
    if (!writing->begun) {
        return 0;
    }
    if (error == 0 && writing->changed) {
        error = store_redo_write(store);
        if (error == -ENOBUFS) {
            return commit_all(store);
        }
        if (error == 0) {
            end_turn(writing);
            return 0;
        }
    }
    store_abort(store);
    return error;
}

/* Has LMDB take over what the log holds. */
static int commit_log(struct store *store) {
    int error;

    if (store->env == NULL || store->redo.used == 0) {
        return 0;
    }
    store_end_reads(store);
    error = open_writing(store);
    return error == 0 ? commit_all(store) : error;
}

int store_settle(struct store *store) {
    int error;

    if (store->writing.begun || (!store->has_gathered && store->redo.used == 0)) {
        return 0;
    }
    error = commit_log(store);
    if (error == 0 && store->env != NULL) {
        store_end_reads(store);
        error = store_renew_env(store);
    }
    return error;
}

struct store *store_free(struct store *store) {
    if (store == NULL) {
        return NULL;
    }
    store_abort(store);
    (void)commit_log(store); /* else the log has it */
    store_give_back_room(store);
    store_close_env(store);
    buffer_deinit(&store->redo.frame);
    buffer_deinit(&store->scratch);
    buffer_deinit(&store->plain);
    buffer_deinit(&store->passed);
    free(store);
    return NULL;
}

static void store_freep(struct store **store) {
    *store = store_free(*store);
}

int store_open(int fd, const struct store_options *options, struct store **ret_store) {
    __attribute__((cleanup(store_freep))) struct store *store = calloc(1, sizeof(*store));
    int error;

    if (store == NULL) {
        return -ENOMEM;
    }
    store->fd = fd;
    store->held_after = UINT64_MAX;
    store->options = *options;
    store->reading.store = store;
    store->writing.store = store;
    error = store_open_env(store);
    if (error != 0) {
        return error;
    }
    *ret_store = store;
    store = NULL;
    return 0;
}

void store_void(struct store *store, int error) {
    if (store->writing.begun && store->writing.failed == 0) {
        store->writing.failed = error;
    }
}

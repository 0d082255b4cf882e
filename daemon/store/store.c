/*
 * The store: environment and transactions.
 *
 * LMDB gives what the broker needs and no more: one writer whose changes appear all at once or not
 * at all, and a snapshot beside it that costs nothing to take. Some of its rules shape this file:
 *
 * - There is one thread, so no lock table (MDB_NOLOCK); a store on a file is locked by state.c. For
 *   want of that table LMDB does not know of readers: a page freed by one commit may be reused by
 *   the next. So the snapshot never outlives a commit (store_end_reads).
 * - mdb_txn_commit() frees the transaction also when it fails, so the handle is forgotten in the
 *   same breath. Any error within a write transaction voids it: it is remembered, and the commit
 *   turns into an abort.
 * - Error codes are LMDB's own negatives and positive errnos in one int. They end in store_error().
 * - MDB_NOMEMINIT is never set: it would let freed heap memory, other secrets perhaps, into pages.
 * - What is deleted stays in free pages until they are reused, so the pages of a store hold old
 *   values for a while. That is why a memfd, and why --store-key for a file.
 *
 * The map is large but only address space: pages appear as they are written.
 */
#include "store/store_internal.h"

#include "store/record.h"
#include <errno.h>
#include <stdlib.h>

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

struct store *store_free(struct store *store) {
    if (store == NULL) {
        return NULL;
    }
    store_close_env(store);
    buffer_deinit(&store->scratch);
    buffer_deinit(&store->plain);
    buffer_deinit(&store->passed);
    free(store);
    return NULL;
}

enum store_home store_home(const struct store *store) {
    return store->options.home;
}

void store_is_parked(struct store *store) {
    store->options.home = STORE_FDSTORE;
}

/*
 * After a commit that failed at its last step LMDB knows no longer which of two states its file is
 * in, and begins nothing any more. A file that is opened anew says which.
 */
static int open_anew(struct store *store) {
    int error;

    store_close_env(store);
    error = store_open_env(store);
    if (error != 0) {
        store_close_env(store);
    }
    return error;
}

static int begin(struct store *store, unsigned int flags, MDB_txn **handle) {
    bool is_kept = *handle != NULL; /* only a reading one is */
    int code = is_kept ? mdb_txn_renew(*handle) : mdb_txn_begin(store->env, NULL, flags, handle);

    if (code != 0 && !is_kept) {
        *handle = NULL;
    }
    return code;
}

static int begin_or_open_anew(
        struct store *store, unsigned int flags, MDB_txn **handle, const char *doing) {
    int error = store->env == NULL ? open_anew(store) : 0;
    int code;

    if (error != 0) {
        return error;
    }
    code = begin(store, flags, handle);
    if (code == MDB_PANIC) {
        error = open_anew(store);
        if (error != 0) {
            return error;
        }
        code = begin(store, flags, handle);
    }
    return code == 0 ? 0 : store_error(code, doing);
}

int store_read(struct store *store, struct txn **ret_txn) {
    struct txn *reading = &store->reading;
    int error;

    if (!store->read_begun) {
        error = begin_or_open_anew(store, MDB_RDONLY, &reading->handle, "begin to read");
        if (error != 0) {
            return error;
        }
        store->read_begun = true;
    }
    *ret_txn = reading;
    return 0;
}

void store_end_reads(struct store *store) {
    buffer_clear(&store->plain); /* no entry is shown any longer */
    if (store->read_begun) {
        mdb_txn_reset(store->reading.handle);
        store->read_begun = false;
    }
}

static int begin_write(struct store *store) {
    struct txn *writing = &store->writing;
    int error = begin_or_open_anew(store, 0, &writing->handle, "begin to write");

    if (error == 0) {
        writing->failed = 0;
        writing->changed = false;
        writing->last_seq = 0;
    }
    return error;
}

int store_write(struct store *store, struct txn **ret_txn) {
    struct txn *writing = &store->writing;
    int error = writing->handle == NULL ? begin_write(store) : 0;

    if (error != 0) {
        return error;
    }
    *ret_txn = writing;
    return writing->failed;
}

bool store_is_writing(const struct store *store) {
    return store->writing.handle != NULL;
}

/* check.h: why a transaction keeps its own number. */
static void put_own_number(struct store *store) {
    struct txn *txn = &store->writing;

    record_encode_number(&store->scratch, KEY_TXN, mdb_txn_id(txn->handle));
    (void)store_put_scratch(txn, store->states, KEY_TXN, 0, "number a transaction"); /* failed */
}

int store_commit(struct store *store) {
    struct txn *writing = &store->writing;
    struct store_head head;
    int failed;
    int code;

    store_end_reads(store);
    if (writing->handle == NULL) {
        return 0;
    }
    if (writing->failed == 0 && writing->changed && store->options.home == STORE_FILE) {
        put_own_number(store);
    }
    failed = writing->failed;
    if (failed != 0 || !writing->changed) {
        store_abort(store);
        return failed;
    }
    store_save_head(store, mdb_txn_id(writing->handle), &head);
    code = mdb_txn_commit(writing->handle);
    writing->handle = NULL;
    if (code == 0) {
        return 0;
    }
    store_restore_head(store, &head);
    return store_error(code, "commit");
}

void store_abort(struct store *store) {
    if (store->writing.handle != NULL) {
        mdb_txn_abort(store->writing.handle);
        store->writing.handle = NULL;
    }
    store->writing.failed = 0;
}

void store_void(struct store *store, int error) {
    if (store->writing.handle != NULL && store->writing.failed == 0) {
        store->writing.failed = error;
    }
}

int store_put_scratch(
        struct txn *txn, MDB_dbi table, struct span key, unsigned int flags, const char *doing) {
    struct buffer *scratch = &txn->store->scratch;
    MDB_val place = val_of(key);
    MDB_val record = val_of(buffer_span(scratch));
    int error = buffer_finish(scratch);
    int code;

    if (error != 0) {
        return store_write_error(txn, -error, doing);
    }
    txn->changed = true;
    code = mdb_put(txn->handle, table, &place, &record, flags);
    explicit_bzero(scratch->data, scratch->len);
    return code == 0 ? 0 : store_write_error(txn, code, doing);
}

int store_find(struct txn *txn, MDB_dbi table, struct span key, struct span *ret_record,
        const char *doing) {
    MDB_val place = val_of(key);
    MDB_val record;
    int code = mdb_get(txn->handle, table, &place, &record);

    if (code == 0) {
        *ret_record = span_of_val(record);
    }
    return code == 0 || code == MDB_NOTFOUND ? code : store_error(code, doing);
}

int store_remove(struct txn *txn, MDB_dbi table, struct span key, const char *doing) {
    MDB_val place = val_of(key);
    int code = mdb_del(txn->handle, table, &place, NULL);

    txn->changed = true;
    return code == 0 || code == MDB_NOTFOUND ? 0 : store_write_error(txn, code, doing);
}

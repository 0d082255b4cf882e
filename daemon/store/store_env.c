/* The LMDB environment of a store: opened, opened anew, closed; and what LMDB says, in errnos. */
#include "store/store_internal.h"

#include "process/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int error_from_code(int code) {
    if (code > 0) {
        return -code;
    }
    switch (code) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
        return -ENOSPC;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return -EBADMSG;
    default:
        return -EIO;
    }
}

int store_error(int code, const char *doing) {
    int error = error_from_code(code);

    if (code > 0) {
        return log_error(code, "store: cannot %s", doing);
    }
    (void)log_error(0, "store: cannot %s: %s", doing, mdb_strerror(code)); /* not an errno */
    return error;
}

int store_write_error(struct txn *txn, int code, const char *doing) {
    int error = store_error(code, doing);

    if (txn->failed == 0) {
        txn->failed = error;
    }
    return error;
}

int store_damaged(int error, const char *what) {
    return log_error(error, "store: %s cannot be read", what);
}

MDB_dbi *store_table_at(struct store *store, size_t at) {
    MDB_dbi *const tables[TABLE_COUNT] = {&store->states, &store->secrets, &store->traces,
            &store->versions, &store->due, &store->events};

    return tables[at];
}

/* Opens the tables that are there: LMDB's code. Nothing is written, so that a disk that takes no
 * writes can be read. */
static int find_tables(struct store *store) {
    MDB_txn *txn;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

    if (code != 0) {
        return code;
    }
    for (size_t at = 0; code == 0 && at < TABLE_COUNT; at++) {
        code = mdb_dbi_open(
                txn, tables_at(at)->name, tables_at(at)->flags, store_table_at(store, at));
    }
    if (code != 0) {
        mdb_txn_abort(txn);
        return code;
    }
    return mdb_txn_commit(txn); /* which keeps the handles */
}

static int make_tables(struct store *store) {
    struct txn *txn = NULL;
    int error = store_write(store, &txn);

    for (size_t at = 0; error == 0 && at < TABLE_COUNT; at++) {
        int code = mdb_dbi_open(txn->handle, tables_at(at)->name, MDB_CREATE | tables_at(at)->flags,
                store_table_at(store, at));

        if (code != 0) {
            error = store_write_error(txn, code, "make its tables");
        }
    }
    if (error == 0) {
        error = store_redo_make(txn);
    }
    if (error != 0) {
        store_abort(store);
        return error;
    }
    txn->changed = txn->is_unfit = true; /* there is no log yet */
    return store_commit(store);
}

static int open_tables(struct store *store) {
    int code = find_tables(store);

    if (code == MDB_NOTFOUND) {
        return make_tables(store);
    }
    return code == 0 ? 0 : store_error(code, "open its tables");
}

int store_open_env(struct store *store) {
    unsigned int flags = MDB_NOSUBDIR | MDB_NOLOCK;
    char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
    int code = mdb_env_create(&store->env);
    int error;

    if (code != 0) {
        store->env = NULL;
        return store_error(code, "set up");
    }
    code = mdb_env_set_maxdbs(store->env, TABLE_COUNT);
    if (code == 0) {
        code = mdb_env_set_mapsize(store->env, (size_t)STORE_MAP_BYTES) /* machine.h */;
    }
    if (code != 0) {
        return store_error(code, "set up");
    }
    if (store->options.home != STORE_FILE) {
        flags |= MDB_NOSYNC;
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", store->fd);
    code = mdb_env_open(store->env, path, flags, 0600);
    if (code != 0) {
        return store_error(code, "open the file or memory that holds it");
    }
    error = open_tables(store);
    return error == 0 ? store_redo_open(store) : error;
}

/* Has the file keep blocks for what it grows by, if its system can. */
static bool reserve(struct store *store, uint64_t from, uint64_t len) {
    if (fallocate(store->fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)len) != 0 &&
            (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
        return false;
    }
    store->reserved = from + len;
    return true;
}

bool store_has_room(struct store *store) {
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
    MDB_envinfo info;
    uint64_t end;

    (void)mdb_env_info(store->env, &info); /* fails for want of arguments alone */
    (void)getrlimit(RLIMIT_FSIZE, &limit);
    end = ((uint64_t)info.me_last_pgno + 1) * STORE_PAGE_BYTES;
    if (end + STORE_ROOM_BYTES > info.me_mapsize || end + STORE_ROOM_BYTES > limit.rlim_cur) {
        return false;
    }
    return store->options.home != STORE_FILE || end + STORE_ROOM_BYTES <= store->reserved ||
           reserve(store, end, STORE_ROOM_BYTES + STORE_ROOM_BYTES / 4);
}

void store_give_back_room(struct store *store) {
    struct stat status;

    if (store->reserved > 0 && fstat(store->fd, &status) == 0) {
        (void)!ftruncate(store->fd, status.st_size); /* what lies behind its end */
        store->reserved = 0;
    }
}

void store_save_head(struct store *store, uint64_t txn, struct store_head *ret_head) {
    ssize_t len;

    ret_head->at = (off_t)(txn & 1) * STORE_PAGE_BYTES;
    len = store->options.home == STORE_FILE
                  ? pread(store->fd, ret_head->bytes, sizeof(ret_head->bytes), ret_head->at)
                  : 0;
    ret_head->len = len == (ssize_t)sizeof(ret_head->bytes) ? (size_t)len : 0;
}

void store_restore_head(struct store *store, const struct store_head *head) {
    if (head->len > 0 &&
            pwrite(store->fd, head->bytes, head->len, head->at) != (ssize_t)head->len) {
        log_error(errno, "store: cannot put its head back; the next write tries again");
    }
}

void store_close_env(struct store *store) {
    store_abort(store);
    if (store->reading.handle != NULL) {
        mdb_txn_abort(store->reading.handle);
        store->reading.handle = NULL;
        store->read_begun = false;
    }
    if (store->env != NULL) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
    store_redo_end(store); /* as far as is known: the log says when it is opened */
    store->redo.at = 0;
    store->has_gathered = false;
}

int store_open_again(struct store *store) {
    int error = store->env == NULL ? store_open_env(store) : 0;

    if (error != 0) {
        store_close_env(store);
    }
    return error;
}

int store_renew_env(struct store *store) {
    struct store old = *store;
    int error;

    store->env = NULL;
    store->reading.handle = NULL;
    error = store_open_again(store);
    if (error == 0) {
        if (old.reading.handle != NULL) {
            mdb_txn_abort(old.reading.handle);
        }
        mdb_env_close(old.env);
        store->has_gathered = false;
        return 0;
    }
    *store = old;
    return error;
}

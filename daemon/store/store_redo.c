/*
 * The redo log of a store (store/redo.h): found, written, applied.
 *
 * LMDB flushes twice per commit, and many pages, wherever they lie. A turn needs one flush of a few
 * pages in a row. So what a turn changed is written here, and LMDB's write transaction stays open
 * over many turns: it is what is read meanwhile, and its commit makes the log void. Whoever begins
 * one anew, after a crash or when a turn could not be kept, applies the log to it first.
 *
 * The log is a record in the tree of states that is never written through LMDB after it was made,
 * so its pages stay where they are, and a store is one file.
 */
#include "store/store_redo.h"

#include "process/log.h"
#include "store/record.h"
#include "store/store_internal.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#define ZEROS_AT_ONCE 64

int store_redo_make(struct txn *txn) {
    MDB_val key = val_of(KEY_REDO);
    MDB_val record = {.mv_size = REDO_RECORD_BYTES};
    int code = mdb_put(txn->handle, txn->store->states, &key, &record, MDB_RESERVE);

    if (code != 0) {
        return store_write_error(txn, code, "make its log");
    }
    memset(record.mv_data, 0, record.mv_size);
    /* so few bytes come whole or not at all (getrandom(2)) */
    if (getrandom(record.mv_data, REDO_SALT_BYTES, 0) != REDO_SALT_BYTES) {
        return store_write_error(txn, errno, "draw the salt of its log");
    }
    return 0;
}

static int find_log(struct txn *txn, struct span *ret_record) {
    int error = store_find(txn, txn->store->states, KEY_REDO, ret_record, "find its log");

    if (error == 0 && ret_record->len != REDO_RECORD_BYTES) {
        return store_damaged(-EBADMSG, "its log");
    }
    return error;
}

/* Behind the last page that is not all zeros. */
static size_t soiled_bytes(struct span frames) {
    while (frames.len > 0 && frames.data[frames.len - 1] == '\0') {
        frames.len -= 1;
    }
    return redo_frame_bytes(frames.len);
}

/* A store of another format has another log, or none: it is left alone, and refused later. */
static bool is_of_this_format(struct txn *txn) {
    STATE_AUTO struct state state = STATE_NULL;
    struct span record;

    return store_find(txn, txn->store->states, KEY_STATE, &record, "read its state") != 0 ||
           record_decode_state(KEY_STATE, record, NULL, &state) != -EPROTONOSUPPORT;
}

static int measure(struct store *store, struct txn *txn) {
    struct store_redo *redo = &store->redo;
    struct redo_extent extent;
    struct span record;
    uint64_t page;
    int error;

    error = find_log(txn, &record);
    if (error != 0) {
        return error == MDB_NOTFOUND ? 0 : error;
    }
    error = redo_measure(record, mdb_txn_id(txn->handle), &extent);
    if (error != 0) {
        return store_damaged(error, "its log");
    }
    memcpy(&page, record.data - REDO_PAGE_HEAD_BYTES, sizeof(page)); /* each page has its number */
    if (store->options.home == STORE_FILE) {                         /* memory_lock.h: not a file */
        (void)munlock(record.data - REDO_PAGE_HEAD_BYTES - page * STORE_PAGE_BYTES,
                (size_t)STORE_MAP_BYTES);
    }
    redo->at = (off_t)(page + 1) * STORE_PAGE_BYTES;
    redo->salt = redo_salt(record);
    redo->used = extent.len;
    redo->count = extent.count;
    redo->soiled = soiled_bytes(redo_frames(record));
    redo->changes = 0;
    return 0;
}

int store_redo_open(struct store *store) {
    struct txn *txn;
    int error = store_read(store, &txn);

    if (error == 0 && is_of_this_format(txn)) {
        error = measure(store, txn);
    }
    store_end_reads(store);
    store->redo.is_shut = !store_has_room(store);
    return error;
}

static MDB_dbi table_of(struct store *store, size_t at) {
    return *store_table_at(store, at);
}

static int apply(struct txn *txn, const struct redo_change *change) {
    MDB_dbi table = table_of(txn->store, change->table);
    MDB_val key = val_of(change->key);
    MDB_val record = val_of(change->record);
    int code;

    if (change->kind == REDO_DELETE) {
        code = mdb_del(txn->handle, table, &key, NULL);
        return code == MDB_NOTFOUND ? 0 : code;
    }
    return mdb_put(txn->handle, table, &key, &record, change->kind == REDO_APPEND ? MDB_APPEND : 0);
}

static int apply_frame(struct txn *txn, struct span changes) {
    struct redo_change change;
    int code = 0;

    while (code == 0 && changes.len > 0) {
        if (redo_next(&changes, &change) != 0) {
            return store_damaged(-EBADMSG, "its log");
        }
        code = apply(txn, &change);
        txn->store->redo.changes += 1;
    }
    return code == 0 ? 0 : store_error(code, "apply its log");
}

int store_redo_apply(struct txn *txn) {
    struct store_redo *redo = &txn->store->redo;
    struct redo_place place = {.salt = redo->salt, .txn = mdb_txn_id(txn->handle) - 1, .number = 1};
    struct span changes;
    struct span record;
    struct span rest;
    int error;

    if (redo->used == 0) {
        return 0;
    }
    error = find_log(txn, &record);
    if (error != 0) {
        return error == MDB_NOTFOUND ? store_damaged(-EBADMSG, "its log") : error;
    }
    rest = redo_frames(record);
    redo->changes = 0;
    for (; error == 0 && place.number <= redo->count; place.number++) {
        error = redo_take(&rest, place, &changes) ? apply_frame(txn, changes)
                                                  : store_damaged(-EBADMSG, "its log");
    }
    return error;
}

void store_redo_note(
        struct txn *txn, enum redo_kind kind, MDB_dbi table, struct span key, struct span record) {
    struct store *store = txn->store;
    struct redo_change change = {.kind = kind, .key = key, .record = record};
    struct buffer *frame = &store->redo.frame;

    txn->changed = true;
    store->redo.noted += 1;
    if (store->redo.at == 0 || store->redo.is_shut ||
            frame->len + key.len + record.len > REDO_FRAMES_BYTES) {
        txn->is_unfit = true;
        return;
    }
    while (table_of(store, change.table) != table) {
        change.table += 1;
    }
    if (frame->len == 0) {
        redo_begin(frame);
    }
    redo_add(frame, &change);
}

void store_redo_forget(struct store *store) {
    buffer_clear(&store->redo.frame);
    store->redo.noted = 0;
}

void store_redo_end(struct store *store) {
    store_redo_forget(store);
    store->redo.used = 0;
    store->redo.count = 0;
    store->redo.changes = 0;
}

/* Writes zeros over what stands behind the frames: of older ones, nothing may be taken for one. */
static int clean(struct store *store) {
    static const char zeros[STORE_PAGE_BYTES];
    struct store_redo *redo = &store->redo;
    struct iovec pages[ZEROS_AT_ONCE];

    for (size_t i = 0; i < ZEROS_AT_ONCE; i++) {
        pages[i] = (struct iovec){(void *)zeros, sizeof(zeros)};
    }
    for (size_t at = redo->used; at < redo->soiled;) {
        size_t count = (redo->soiled - at) / sizeof(zeros);
        size_t len;

        count = count < ZEROS_AT_ONCE ? count : ZEROS_AT_ONCE;
        len = count * sizeof(zeros);
        if (pwritev(store->fd, pages, (int)count, redo->at + (off_t)at) != (ssize_t)len) {
            return log_error(errno, "store: cannot clean its log");
        }
        at += len;
    }
    redo->soiled = redo->used;
    return 0;
}

static int write_frame(struct store *store, struct span frame) {
    struct store_redo *redo = &store->redo;
    ssize_t written = pwrite(store->fd, frame.data, frame.len, redo->at + (off_t)redo->used);

    if (written != (ssize_t)frame.len) {
        return log_error(written < 0 ? errno : ENOSPC, "store: cannot write its log");
    }
    if (store->options.home == STORE_FILE && fdatasync(store->fd) != 0) {
        return log_error(errno, "store: cannot sync its log");
    }
    return 0;
}

/* A frame that was refused must not come back at the next start. */
static void take_back(struct store *store) {
    static const char nothing[STORE_PAGE_BYTES];
    off_t at = store->redo.at + (off_t)store->redo.used;

    if (pwrite(store->fd, nothing, sizeof(nothing), at) != sizeof(nothing)) {
        log_error(errno, "store: cannot take back what its log refused");
    }
}

int store_redo_write(struct store *store) {
    struct store_redo *redo = &store->redo;
    struct buffer *frame = &redo->frame;
    struct redo_place place = {.salt = redo->salt,
            .txn = mdb_txn_id(store->writing.handle) - 1,
            .number = redo->count + 1};
    int error;

    if (store->writing.is_unfit || redo->changes + redo->noted > STORE_CHANGES_MAX ||
            redo_frame_bytes(frame->len) > REDO_FRAMES_BYTES - redo->used) {
        return -ENOBUFS;
    }
    redo_finish(frame, place);
    error = buffer_finish(frame);
    if (error == 0) {
        error = clean(store);
    }
    if (error == 0) {
        redo->soiled = redo->used + frame->len;
        error = write_frame(store, buffer_span(frame));
        if (error != 0) {
            take_back(store);
        }
    }
    if (error == 0) {
        redo->used += frame->len;
        redo->count += 1;
        redo->changes += redo->noted;
        store_redo_forget(store);
    }
    return error;
}

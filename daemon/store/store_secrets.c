/* Secrets and their traces. The index of what is due is in store_due.c. */
#include "store/store_internal.h"

#include "store/record.h"
#include "store/store_due.h"
#include <errno.h>

int store_get_secret(struct txn *txn, struct span name, struct secret *ret_secret) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    BUFFER_AUTO struct buffer storage = BUFFER_NULL;
    struct span record;
    int error = store_find(txn, txn->store->secrets, name, &record, "read a secret");

    if (error == MDB_NOTFOUND) {
        return GK_E_NO_SECRET;
    }
    if (error != 0) {
        return error;
    }
    /* once, not on the way, what may be sealed in the record included: the spans point in here */
    (void)buffer_reserve(
            &storage, name.len + (txn->store->options.seal != NULL ? 2 : 1) * record.len);
    buffer_append_span(&storage, name);
    buffer_append_span(&storage, record);
    error = buffer_finish(&storage);
    if (error != 0) {
        return error;
    }
    error = record_decode_secret((struct span){storage.data, name.len},
            (struct span){storage.data + name.len, record.len}, txn->store->options.seal, &storage,
            &secret);
    if (error != 0) {
        error = store_damaged(error, "a secret's record");
        return error == -EBADMSG ? GK_E_DAMAGED : error;
    }
    *ret_secret = secret;
    ret_secret->storage = storage;
    secret = SECRET_NULL;
    storage = BUFFER_NULL;
    return 0;
}

int store_put_secret(struct txn *txn, const struct secret *secret, const struct secret *before) {
    int error;

    record_encode_secret(&txn->store->scratch, secret, txn->store->options.seal);
    error = store_put_scratch(txn, txn->store->secrets, secret->name, 0, "keep a secret");
    return error != 0 ? error : store_update_due(txn, secret->name, before, secret);
}

int store_delete_secret(struct txn *txn, const struct secret *secret) {
    struct tombstone tombstone = {.revision = secret->revision, .generation = secret->generation};
    int error = store_drop_versions(txn, secret->name, UINT64_MAX);

    if (error == 0) {
        error = store_update_due(txn, secret->name, secret, NULL);
    }
    if (error == 0) {
        record_encode_tombstone(&txn->store->scratch, secret->name, &tombstone);
        error = store_put_scratch(txn, txn->store->traces, secret->name, 0, "keep a trace");
    }
    if (error == 0) {
        error = store_remove(txn, txn->store->secrets, secret->name, "delete a secret");
    }
    return error;
}

int store_get_tombstone(struct txn *txn, struct span name, struct tombstone *ret_tombstone) {
    struct span record;
    int error = store_find(txn, txn->store->traces, name, &record, "read a trace");

    if (error == MDB_NOTFOUND) {
        *ret_tombstone = (struct tombstone){0};
        return 0;
    }
    if (error != 0) {
        return error;
    }
    error = record_decode_tombstone(name, record, ret_tombstone);
    return error == 0 ? 0 : store_damaged(error, "a deleted name's trace");
}

/* Puts the cursor on the first key past after that is not below prefix. MDB_NOTFOUND: none. */
static int seek_secret(MDB_cursor *cursor, struct span prefix, struct span after, MDB_val *ret_key,
        MDB_val *ret_record) {
    struct span from = span_compare(after, prefix) > 0 ? after : prefix;
    int code;

    if (from.len == 0) {
        return mdb_cursor_get(cursor, ret_key, ret_record, MDB_FIRST);
    }
    *ret_key = val_of(from);
    code = mdb_cursor_get(cursor, ret_key, ret_record, MDB_SET_RANGE);
    if (code == 0 && span_equals(span_of_val(*ret_key), after)) {
        code = mdb_cursor_get(cursor, ret_key, ret_record, MDB_NEXT);
    }
    return code;
}

int store_show_secret(struct txn *txn, struct span name, struct span record, secret_visitor visit,
        void *userdata) {
    struct secret secret;
    int error;

    buffer_clear(&txn->store->plain);
    error = record_decode_secret(
            name, record, txn->store->options.seal, &txn->store->plain, &secret);
    if (error != 0) {
        error = store_damaged(error, "a secret's record");
        if (error != -EBADMSG) {
            return error;
        }
        secret = (struct secret){.name = name, .is_damaged = true};
    }
    return visit(userdata, &secret);
}

int store_walk_secrets(struct txn *txn, struct span prefix, struct span after, secret_visitor visit,
        void *userdata) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val record;
    int code = mdb_cursor_open(txn->handle, txn->store->secrets, &cursor);
    int error = 0;

    if (code == 0) {
        code = seek_secret(cursor, prefix, after, &key, &record);
    }
    while (code == 0 && error == 0 && span_starts_with(span_of_val(key), prefix)) {
        error = store_show_secret(txn, span_of_val(key), span_of_val(record), visit, userdata);
        code = mdb_cursor_get(cursor, &key, &record, MDB_NEXT);
    }
    if (error == 0 && code != 0 && code != MDB_NOTFOUND) {
        error = store_error(code, "walk the secrets");
    }
    return error;
}

int store_count_secrets(struct txn *txn, uint64_t *ret_count) {
    MDB_stat stat;
    int code = mdb_stat(txn->handle, txn->store->secrets, &stat);

    if (code != 0) {
        return store_error(code, "count the secrets");
    }
    *ret_count = stat.ms_entries;
    return 0;
}

/* One entry of a table: put, found, removed; what changes is noted for the log. */
#include "store/store_internal.h"

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
    store_redo_note(
            txn, flags == MDB_APPEND ? REDO_APPEND : REDO_PUT, table, key, buffer_span(scratch));
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
    int code;

    store_redo_note(txn, REDO_DELETE, table, key, SPAN_NULL);
    code = mdb_del(txn->handle, table, &place, NULL);
    return code == 0 || code == MDB_NOTFOUND ? 0 : store_write_error(txn, code, doing);
}

/* The older versions of secrets. */
#include "store/store_internal.h"

#include "store/record.h"

#define VERSION_KEY_MAX_BYTES (GK_NAME_MAX_BYTES + 1 + KEY_NUMBER_BYTES)

static struct span version_key(
        char place[VERSION_KEY_MAX_BYTES], struct span name, uint64_t number) {
    memcpy(place, name.data, name.len);
    place[name.len] = '\0';
    key_put_number(place + name.len + 1, number);
    return (struct span){place, name.len + 1 + KEY_NUMBER_BYTES};
}

int store_put_version(struct txn *txn, struct span name, const struct version *version) {
    char place[VERSION_KEY_MAX_BYTES];
    struct span key = version_key(place, name, version->number);

    record_encode_version(&txn->store->scratch, key, version, txn->store->options.seal);
    return store_put_scratch(txn, txn->store->versions, key, 0, "keep a version");
}

int store_get_version(
        struct txn *txn, struct span name, uint64_t number, struct version *ret_version) {
    VERSION_AUTO struct version version = VERSION_NULL;
    BUFFER_AUTO struct buffer storage = BUFFER_NULL;
    char place[VERSION_KEY_MAX_BYTES];
    struct span key = version_key(place, name, number);
    struct span record;
    int error = store_find(txn, txn->store->versions, key, &record, "read a version");

    if (error != 0) {
        return error == MDB_NOTFOUND ? GK_E_NO_VERSION : error;
    }
    /* once, with what may be sealed in it */
    (void)buffer_reserve(&storage, (txn->store->options.seal != NULL ? 2 : 1) * record.len);
    buffer_append_span(&storage, record);
    error = buffer_finish(&storage);
    if (error != 0) {
        return error;
    }
    error = record_decode_version(
            key, buffer_span(&storage), number, txn->store->options.seal, &storage, &version);
    if (error != 0) {
        return store_damaged(error, "a version's record");
    }
    *ret_version = version;
    ret_version->storage = storage;
    version = VERSION_NULL;
    storage = BUFFER_NULL;
    return 0;
}

/* Whether key is of a version of name; its number then. */
static bool is_version_of(MDB_val key, struct span name, uint64_t *ret_number) {
    struct span place = span_of_val(key);

    if (place.len != name.len + 1 + KEY_NUMBER_BYTES || !span_starts_with(place, name) ||
            place.data[name.len] != '\0') {
        return false;
    }
    *ret_number = key_take_number(place.data + name.len + 1);
    return true;
}

int store_walk_versions(struct txn *txn, struct span name, version_visitor visit, void *userdata) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    char place[VERSION_KEY_MAX_BYTES];
    MDB_val key = val_of(version_key(place, name, 0));
    MDB_val record;
    uint64_t number;
    int code = mdb_cursor_open(txn->handle, txn->store->versions, &cursor);
    int error = 0;

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &record, MDB_SET_RANGE);
    }
    while (code == 0 && error == 0 && is_version_of(key, name, &number)) {
        struct version version;

        buffer_clear(&txn->store->plain);
        error = record_decode_version(span_of_val(key), span_of_val(record), number,
                txn->store->options.seal, &txn->store->plain, &version);
        if (error != 0) {
            return store_damaged(error, "a version's record");
        }
        error = visit(userdata, &version);
        code = mdb_cursor_get(cursor, &key, &record, MDB_NEXT);
    }
    if (error == 0 && code != 0 && code != MDB_NOTFOUND) {
        error = store_error(code, "walk the versions");
    }
    return error;
}

int store_drop_versions(struct txn *txn, struct span name, uint64_t last) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    char place[VERSION_KEY_MAX_BYTES];
    MDB_val key = val_of(version_key(place, name, 0));
    MDB_val record;
    uint64_t number;
    int code = mdb_cursor_open(txn->handle, txn->store->versions, &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &record, MDB_SET_RANGE);
    }
    while (code == 0 && is_version_of(key, name, &number) && number <= last) {
        store_redo_note(txn, REDO_DELETE, txn->store->versions, span_of_val(key), SPAN_NULL);
        code = mdb_cursor_del(cursor, 0);
        if (code == 0) {
            /* steps onto what has taken the place of the deleted one, also across pages */
            code = mdb_cursor_get(cursor, &key, &record, MDB_NEXT);
        }
    }
    return code == 0 || code == MDB_NOTFOUND ? 0
                                             : store_write_error(txn, code, "drop old versions");
}

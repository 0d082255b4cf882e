#include "store/store_due.h"

#include "store/store_internal.h"

#include <errno.h>

#define DUE_KEY_MAX_BYTES (KEY_NUMBER_BYTES + GK_NAME_MAX_BYTES)

static struct span due_key(char place[DUE_KEY_MAX_BYTES], instant due, struct span name) {
    key_put_instant(place, due);
    memcpy(place + KEY_NUMBER_BYTES, name.data, name.len);
    return (struct span){place, KEY_NUMBER_BYTES + name.len};
}

int store_update_due(struct txn *txn, struct span name, const struct secret *before,
        const struct secret *after) {
    bool was_in = before != NULL && before->ttl_s != 0;
    bool is_in = after != NULL && after->ttl_s != 0;
    instant was = was_in ? secret_due_at(before) : 0;
    instant is = is_in ? secret_due_at(after) : 0;
    char place[DUE_KEY_MAX_BYTES];
    MDB_val nothing = {0};
    MDB_val key;
    int code;

    if (was_in == is_in && was == is) {
        return 0;
    }
    /*
     * The new one first: a tree that becomes empty gives its page away, which this transaction may
     * not use again, and a clock that is moved far does this a million times in one.
     */
    if (is_in) {
        key = val_of(due_key(place, is, name));
        store_redo_note(txn, REDO_PUT, txn->store->due, span_of_val(key), SPAN_NULL);
        code = mdb_put(txn->handle, txn->store->due, &key, &nothing, 0);
        if (code != 0) {
            return store_write_error(txn, code, "note what is due");
        }
    }
    if (!was_in) {
        return 0;
    }
    return store_remove(txn, txn->store->due, due_key(place, was, name), "move what is due");
}

/* They are few: a list will do. */
static bool is_passed_over(const struct store *store, MDB_val key) {
    struct span rest = buffer_span(&store->passed);

    while (rest.len > 0) {
        struct span name = {rest.data + 1, (unsigned char)rest.data[0]};

        if (key.mv_size == KEY_NUMBER_BYTES + name.len &&
                memcmp((const char *)key.mv_data + KEY_NUMBER_BYTES, name.data, name.len) == 0) {
            return true;
        }
        rest = (struct span){name.data + name.len, rest.len - 1 - name.len};
    }
    return false;
}

int store_pass_over(struct store *store, struct span name) {
    buffer_append_byte(&store->passed, (char)name.len);
    buffer_append_span(&store->passed, name);
    return buffer_finish(&store->passed);
}

/* Splits a key of the index. The name points into it. */
static int take_due_key(MDB_val key, instant *ret_due, struct span *ret_name) {
    if (key.mv_size <= KEY_NUMBER_BYTES || key.mv_size > DUE_KEY_MAX_BYTES) {
        return store_damaged(-EBADMSG, "the index of what is due");
    }
    *ret_due = key_take_instant(key.mv_data);
    *ret_name = (struct span){
            (const char *)key.mv_data + KEY_NUMBER_BYTES, key.mv_size - KEY_NUMBER_BYTES};
    return 0;
}

static int find_first_due(struct txn *txn, MDB_cursor *cursor, MDB_val *ret_key) {
    MDB_val nothing;
    int code = mdb_cursor_get(cursor, ret_key, &nothing, MDB_FIRST);

    while (code == 0 && is_passed_over(txn->store, *ret_key)) {
        code = mdb_cursor_get(cursor, ret_key, &nothing, MDB_NEXT);
    }
    return code;
}

int store_first_due(
        struct txn *txn, instant *ret_due, char place[GK_NAME_MAX_BYTES], struct span *ret_name) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    MDB_val key;
    struct span name = SPAN_NULL;
    instant due = 0;
    int error;
    int code = mdb_cursor_open(txn->handle, txn->store->due, &cursor);

    if (code == 0) {
        code = find_first_due(txn, cursor, &key);
    }
    if (code == MDB_NOTFOUND) {
        *ret_due = INT64_MAX;
        *ret_name = SPAN_NULL;
        return 0;
    }
    if (code != 0) {
        return store_error(code, "look for what is due");
    }
    error = take_due_key(key, &due, &name);
    if (error != 0) {
        return error;
    }
    if (due == INT64_MAX) { /* from here on nothing fires any more */
        *ret_due = INT64_MAX;
        *ret_name = SPAN_NULL;
        return 0;
    }
    memcpy(place, name.data, name.len);
    *ret_due = due;
    *ret_name = (struct span){place, name.len};
    return 0;
}

/* Shows the secret that a key of the index names. */
static int show_indexed(struct txn *txn, struct span name, secret_visitor visit, void *userdata) {
    struct span record;
    int error = store_find(txn, txn->store->secrets, name, &record, "read a secret");

    if (error == MDB_NOTFOUND) {
        return store_damaged(-EBADMSG, "the index of what is due");
    }
    return error != 0 ? error : store_show_secret(txn, name, record, visit, userdata);
}

int store_walk_due(struct txn *txn, instant to, secret_visitor visit, void *userdata) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    MDB_val nothing;
    MDB_val key;
    int code = mdb_cursor_open(txn->handle, txn->store->due, &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &nothing, MDB_FIRST);
    }
    while (code == 0) {
        struct span name = SPAN_NULL;
        instant due = 0;
        int error = take_due_key(key, &due, &name);

        if (error != 0 || due > to) {
            return error;
        }
        error = show_indexed(txn, name, visit, userdata);
        if (error != 0) {
            return error;
        }
        code = mdb_cursor_get(cursor, &key, &nothing, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? 0 : store_error(code, "walk what is due");
}

int store_walk_expired(struct txn *txn, struct span prefix, struct span after, secret_visitor visit,
        void *userdata) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    char place[DUE_KEY_MAX_BYTES];
    MDB_val key =
            val_of(due_key(place, INT64_MAX, span_compare(after, prefix) > 0 ? after : prefix));
    MDB_val nothing;
    int code = mdb_cursor_open(txn->handle, txn->store->due, &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &nothing, MDB_SET_RANGE);
    }
    while (code == 0) {
        struct span name = SPAN_NULL;
        instant due = 0;
        int error = take_due_key(key, &due, &name);

        if (error == 0 && !span_starts_with(name, prefix)) {
            return 0;
        }
        if (error == 0 && !span_equals(name, after)) {
            error = show_indexed(txn, name, visit, userdata);
        }
        if (error != 0) {
            return error;
        }
        code = mdb_cursor_get(cursor, &key, &nothing, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? 0 : store_error(code, "walk what is expired");
}

/* The change log, and the state that all else was made with. */
#include "store/store_internal.h"

#include "store/record.h"
#include <errno.h>

static int get_clock(struct txn *txn, instant *ret_now) {
    struct span record;
    uint64_t now;
    int error = store_find(txn, txn->store->states, KEY_CLOCK, &record, "read its clock");

    if (error != 0) {
        return error == MDB_NOTFOUND ? store_damaged(-EBADMSG, "its clock") : error;
    }
    error = record_decode_number(KEY_CLOCK, record, &now);
    if (error != 0) {
        return store_damaged(error, "its clock");
    }
    *ret_now = (instant)now;
    return 0;
}

int store_get_state(struct txn *txn, struct state *ret_state) {
    STATE_AUTO struct state state = STATE_NULL;
    struct seal *seal = txn->store->options.seal;
    struct span record;
    int error = store_find(txn, txn->store->states, KEY_STATE, &record, "read its state");

    if (error != 0) {
        return error == MDB_NOTFOUND ? GK_E_NO_SECRET : error;
    }
    error = record_decode_state(KEY_STATE, record, NULL, &state);
    if (error == -EPROTONOSUPPORT) {
        return error;
    }
    if (error != 0) {
        return store_damaged(error, "its state");
    }
    if (state.is_sealed != (seal != NULL)) {
        return -EACCES;
    }
    if (seal != NULL) {
        error = record_decode_state(KEY_STATE, record, seal, &state);
    }
    if (error != 0) {
        return error == -EBADMSG ? -EACCES : error; /* its checksum was right: it is the key */
    }
    error = get_clock(txn, &state.now);
    if (error == 0) {
        *ret_state = state;
        state = STATE_NULL;
    }
    return error;
}

int store_put_clock(struct txn *txn, instant now) {
    record_encode_number(&txn->store->scratch, KEY_CLOCK, (uint64_t)now);
    return store_put_scratch(txn, txn->store->states, KEY_CLOCK, 0, "keep the clock");
}

int store_put_state(struct txn *txn, const struct state *state) {
    int error;

    txn->is_unfit = true; /* what all else is read by stands in the tree, not in the log */
    record_encode_state(&txn->store->scratch, KEY_STATE, state, txn->store->options.seal);
    error = store_put_scratch(txn, txn->store->states, KEY_STATE, 0, "keep its state");
    return error != 0 ? error : store_put_clock(txn, state->now);
}

static struct span seq_key(const uint64_t *seq) {
    return (struct span){(const char *)seq, sizeof(*seq)};
}

static int seq_of(MDB_val key, uint64_t *ret_seq) {
    if (key.mv_size != sizeof(*ret_seq)) {
        return store_damaged(-EBADMSG, "an event's key");
    }
    memcpy(ret_seq, key.mv_data, sizeof(*ret_seq));
    return 0;
}

/* The seq at one end of the list; 0 if it is empty. */
static int seq_at(struct txn *txn, MDB_cursor_op end, uint64_t *ret_seq) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val record;
    int code = mdb_cursor_open(txn->handle, txn->store->events, &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &record, end);
    }
    if (code == MDB_NOTFOUND) {
        *ret_seq = 0;
        return 0;
    }
    return code != 0 ? store_error(code, "find an event") : seq_of(key, ret_seq);
}

int store_last_seq(struct txn *txn, uint64_t *ret_seq) {
    return seq_at(txn, MDB_LAST, ret_seq);
}

int store_first_seq(struct txn *txn, uint64_t *ret_seq) {
    return seq_at(txn, MDB_FIRST, ret_seq);
}

void store_hold_events(struct store *store, uint64_t after) {
    store->held_after = after;
}

int store_drop_events(struct txn *txn, uint64_t last) {
    uint64_t seq;
    int error = store_first_seq(txn, &seq);

    for (; error == 0 && seq != 0 && seq <= last; seq++) {
        error = store_remove(txn, txn->store->events, seq_key(&seq), "drop old events");
    }
    return error;
}

int store_append_event(struct txn *txn, struct event *event) {
    uint64_t last = txn->last_seq;
    uint64_t oldest;
    int error = last == 0 ? store_last_seq(txn, &last) : 0;

    if (error != 0) {
        return error;
    }
    event->seq = last + 1;
    record_encode_event(&txn->store->scratch, event);
    error = store_put_scratch(
            txn, txn->store->events, seq_key(&event->seq), MDB_APPEND, "keep an event");
    txn->last_seq = error == 0 ? event->seq : 0;
    if (error != 0 || event->seq <= GK_EVENTS_KEPT) {
        return error;
    }
    oldest = event->seq - GK_EVENTS_KEPT;
    if (oldest > txn->store->held_after) {
        return 0;
    }
    return store_remove(txn, txn->store->events, seq_key(&oldest), "drop an old event");
}

int store_walk_events(struct txn *txn, uint64_t after, event_visitor visit, void *userdata) {
    CURSOR_AUTO MDB_cursor *cursor = NULL;
    uint64_t seq = after + 1;
    MDB_val key = val_of(seq_key(&seq));
    MDB_val record;
    int code = mdb_cursor_open(txn->handle, txn->store->events, &cursor);
    int error = 0;

    if (after == UINT64_MAX) {
        return 0;
    }
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &record, MDB_SET_RANGE);
    }
    while (code == 0 && error == 0) {
        struct event event;

        error = seq_of(key, &seq);
        if (error == 0) {
            error = record_decode_event(seq, span_of_val(record), &event);
            error = error == 0 ? 0 : store_damaged(error, "an event's record");
        }
        if (error == 0) {
            error = visit(userdata, &event);
            code = mdb_cursor_get(cursor, &key, &record, MDB_NEXT);
        }
    }
    if (error == 0 && code != 0 && code != MDB_NOTFOUND) {
        error = store_error(code, "walk the events");
    }
    return error;
}

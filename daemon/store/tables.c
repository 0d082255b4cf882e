#include "store/tables.h"

#include "common/name.h"
#include "model/crc32.h"
#include "store/record.h"
#include "store/redo.h"
#include <errno.h>

#define INTEGER_KEYS 0x08 /* MDB_INTEGERKEY */

static int check_state(struct span key, struct span record, struct tally *tally) {
    struct redo_extent extent;
    STATE_AUTO struct state state = STATE_NULL;
    uint64_t number;

    if (span_equals(key, KEY_STATE)) {
        return record_decode_state(key, record, NULL, &state);
    }
    if (span_equals(key, KEY_CLOCK) || span_equals(key, KEY_TXN)) {
        return record_decode_number(key, record, &number);
    }
    return span_equals(key, KEY_REDO) ? redo_measure(record, tally->txn, &extent) : -EBADMSG;
}

/* One number for an instant and a name: sums of them are equal if the sets are. */
static uint64_t due_number(instant due, struct span name) {
    uint64_t spread = (uint64_t)due * UINT64_C(0x9e3779b97f4a7c15);

    return (uint64_t)crc32_update(crc32_update(0, &due, sizeof(due)), name.data, name.len) *
                   UINT64_C(0xff51afd7ed558ccd) +
           spread;
}

static int check_secret(struct span key, struct span record, struct tally *tally) {
    struct secret secret;
    int error = name_fault(key) != NULL ? -EBADMSG
                                        : record_decode_secret(key, record, NULL, NULL, &secret);

    if (error == 0 && secret.ttl_s != 0) {
        tally->with_ttl += 1;
        tally->with_ttl_sum += due_number(secret_due_at(&secret), key);
    }
    return error;
}

static int check_trace(struct span key, struct span record, struct tally *tally) {
    struct tombstone tombstone;

    return name_fault(key) != NULL ? -EBADMSG : record_decode_tombstone(key, record, &tombstone);
}

static bool is_version_key(struct span key) {
    struct span name = {key.data, key.len - 1 - KEY_NUMBER_BYTES};

    return key.len > 1 + KEY_NUMBER_BYTES && name_fault(name) == NULL && key.data[name.len] == '\0';
}

static int check_version(struct span key, struct span record, struct tally *tally) {
    struct version version;

    if (!is_version_key(key)) {
        return -EBADMSG;
    }
    return record_decode_version(key, record,
            key_take_number(key.data + key.len - KEY_NUMBER_BYTES), NULL, NULL, &version);
}

static bool is_due_key(struct span key) {
    struct span name = {key.data + KEY_NUMBER_BYTES, key.len - KEY_NUMBER_BYTES};

    return key.len > KEY_NUMBER_BYTES && name_fault(name) == NULL;
}

static int check_due(struct span key, struct span record, struct tally *tally) {
    struct span name = {key.data + KEY_NUMBER_BYTES, key.len - KEY_NUMBER_BYTES};

    if (!is_due_key(key) || record.len != 0) {
        return -EBADMSG;
    }
    tally->due += 1;
    tally->due_sum += due_number(key_take_instant(key.data), name);
    return 0;
}

static int check_event(struct span key, struct span record, struct tally *tally) {
    struct event event;
    uint64_t seq;

    if (key.len != sizeof(seq)) {
        return -EBADMSG;
    }
    memcpy(&seq, key.data, sizeof(seq));
    if (tally->last_seq != 0 && seq != tally->last_seq + 1) {
        return -EBADMSG;
    }
    tally->last_seq = seq;
    return record_decode_event(seq, record, &event);
}

static bool is_name_key(struct span key) {
    return name_fault(key) == NULL;
}

static bool is_event_key(struct span key) {
    return key.len == sizeof(uint64_t);
}

static bool is_clock_key(struct span key) {
    return span_equals(key, KEY_CLOCK);
}

static const struct table_format formats[TABLE_COUNT] = {
        {TABLE_STATES, 0, check_state, is_clock_key},
        {TABLE_SECRETS, 0, check_secret, is_name_key},
        {TABLE_TRACES, 0, check_trace, is_name_key},
        {TABLE_VERSIONS, 0, check_version, is_version_key},
        {TABLE_DUE, 0, check_due, is_due_key},
        {TABLE_EVENTS, INTEGER_KEYS, check_event, is_event_key},
};

bool tables_change_is_sound(const struct redo_change *change) {
    const struct table_format *format = &formats[change->table];
    struct tally tally = {0};

    if (!format->may_change(change->key)) {
        return false;
    }
    return change->kind == REDO_DELETE ? change->record.len == 0
                                       : format->check(change->key, change->record, &tally) == 0;
}

const struct table_format *tables_find(struct span name) {
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (span_is(name, formats[i].name)) {
            return &formats[i];
        }
    }
    return NULL;
}

const struct table_format *tables_at(size_t at) {
    return &formats[at];
}

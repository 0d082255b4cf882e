#include "store/redo.h"

#include "model/crc32.h"
#include "store/fields.h"
#include <errno.h>

#define CHECKSUM_BYTES 4
#define HEAD_BYTES 32

void redo_begin(struct buffer *frame) {
    static const char head[HEAD_BYTES];

    buffer_append(frame, head, sizeof(head)); /* known at the end */
}

void redo_add(struct buffer *frame, const struct redo_change *change) {
    field_put_number(frame, change->kind, 1);
    field_put_number(frame, change->table, 1);
    field_put_number(frame, change->key.len, 2);
    field_put_number(frame, change->record.len, 4);
    buffer_append_span(frame, change->key);
    buffer_append_span(frame, change->record);
}

size_t redo_frame_bytes(size_t len) {
    return (len + STORE_PAGE_BYTES - 1) / STORE_PAGE_BYTES * STORE_PAGE_BYTES;
}

static uint32_t checksum_of(struct span frame) {
    return crc32_update(0, frame.data + CHECKSUM_BYTES, frame.len - CHECKSUM_BYTES);
}

static void put_at(char *place, uint64_t number, size_t width) {
    uint64_t little = htole64(number);

    memcpy(place, &little, width);
}

void redo_finish(struct buffer *frame, struct redo_place place) {
    size_t len = frame->len;
    size_t padding = redo_frame_bytes(len) - len;
    char *end = buffer_reserve(frame, padding + 1);

    if (end == NULL) {
        return;
    }
    memset(end, 0, padding);
    buffer_commit(frame, padding);
    put_at(frame->data + 4, len - HEAD_BYTES, 4);
    put_at(frame->data + 8, place.salt, 8);
    put_at(frame->data + 16, place.txn, 8);
    put_at(frame->data + 24, place.number, 8);
    put_at(frame->data, checksum_of((struct span){frame->data, len}), CHECKSUM_BYTES);
}

struct head {
    uint64_t checksum;
    struct redo_place place;
    struct span changes;
};

/* What stands at the front of rest, if it is as long as it says. */
static bool read_head(struct span rest, struct head *ret_head) {
    struct reader reader = {.rest = rest};
    struct head head;

    head.checksum = field_take_number(&reader, CHECKSUM_BYTES);
    head.changes.len = (size_t)field_take_number(&reader, 4);
    head.place.salt = field_take_number(&reader, 8);
    head.place.txn = field_take_number(&reader, 8);
    head.place.number = field_take_number(&reader, 8);
    head.changes.data = reader.rest.data;
    *ret_head = head;
    return !reader.bad && head.changes.len <= reader.rest.len;
}

static bool is_whole(struct span rest, const struct head *head) {
    return checksum_of((struct span){rest.data, HEAD_BYTES + head->changes.len}) == head->checksum;
}

bool redo_take(struct span *rest, struct redo_place place, struct span *ret_changes) {
    struct head head;
    size_t taken;

    if (!read_head(*rest, &head) || head.place.salt != place.salt || head.place.txn != place.txn ||
            head.place.number != place.number || !is_whole(*rest, &head)) {
        return false;
    }
    *ret_changes = head.changes;
    taken = redo_frame_bytes(HEAD_BYTES + head.changes.len);
    taken = taken < rest->len ? taken : rest->len;
    rest->data += taken;
    rest->len -= taken;
    return true;
}

int redo_next(struct span *changes, struct redo_change *ret_change) {
    struct reader reader = {.rest = *changes};
    struct redo_change change;

    change.kind = (enum redo_kind)field_take_below(&reader, REDO_DELETE + 1);
    change.table = (size_t)field_take_below(&reader, TABLE_COUNT);
    change.key.len = field_take_number(&reader, 2);
    change.record.len = field_take_number(&reader, 4);
    if (reader.bad || reader.rest.len < change.key.len + change.record.len) {
        return -EBADMSG;
    }
    change.key.data = reader.rest.data;
    change.record.data = change.key.data + change.key.len;
    changes->data = change.record.data + change.record.len;
    changes->len = reader.rest.len - change.key.len - change.record.len;
    *ret_change = change;
    return 0;
}

/* Whether some page begins with a frame of that transaction which comes after the one that is
 * missing: it was written only when that one was sure to stay. */
static bool holds_later(struct span rest, struct redo_place missing) {
    struct head head;

    for (; rest.len >= STORE_PAGE_BYTES;
            rest.data += STORE_PAGE_BYTES, rest.len -= STORE_PAGE_BYTES) {
        if (read_head(rest, &head) && head.place.salt == missing.salt &&
                head.place.txn == missing.txn && head.place.number > missing.number &&
                is_whole(rest, &head)) {
            return true;
        }
    }
    return false;
}

static int check_changes(struct span changes) {
    struct redo_change change;
    int error = 0;

    while (error == 0 && changes.len > 0) {
        error = redo_next(&changes, &change);
        if (error == 0 && !tables_change_is_sound(&change)) {
            error = -EBADMSG;
        }
    }
    return error;
}

uint64_t redo_salt(struct span record) {
    struct reader reader = {.rest = record};

    return field_take_number(&reader, REDO_SALT_BYTES);
}

struct span redo_frames(struct span record) {
    return (struct span){record.data + REDO_FRAMES_OFFSET, REDO_FRAMES_BYTES};
}

int redo_measure(struct span record, uint64_t txn, struct redo_extent *ret_extent) {
    struct redo_place place = {.salt = redo_salt(record), .txn = txn, .number = 1};
    struct span changes;
    struct span rest;

    if (record.len != REDO_RECORD_BYTES) {
        return -EBADMSG;
    }
    rest = redo_frames(record);
    while (redo_take(&rest, place, &changes)) {
        if (check_changes(changes) != 0) {
            return -EBADMSG;
        }
        place.number += 1;
    }
    if (holds_later(rest, place)) {
        return -EBADMSG;
    }
    *ret_extent =
            (struct redo_extent){.count = place.number - 1, .len = REDO_FRAMES_BYTES - rest.len};
    return 0;
}

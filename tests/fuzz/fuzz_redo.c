/*
 * The redo log: the input as a log, and as the changes in frames with a right checksum, which
 * random bytes would not have. A log that is measured as whole can be applied, frame by frame.
 * Each change lies within its frame, and a frame that is made again of its changes has the same
 * bytes.
 */
#include "fuzz.h"

#include "store/redo.h"
#include <errno.h>

#define TXN 7
#define SALT 0

/* Makes a frame of all of them. */
static void read_changes(struct span changes, struct redo_place place, struct buffer *frame) {
    struct redo_change change;

    redo_begin(frame);
    while (changes.len > 0) {
        const char *end = changes.data + changes.len;

        MUST(redo_next(&changes, &change) == 0);
        MUST(change.kind <= REDO_DELETE && change.table < TABLE_COUNT);
        MUST(change.key.data + change.key.len == change.record.data);
        MUST(change.record.data + change.record.len == changes.data);
        MUST(changes.data + changes.len == end);
        redo_add(frame, &change);
    }
    redo_finish(frame, place);
    MUST(buffer_finish(frame) == 0);
}

static void read_record(struct span record) {
    struct redo_extent extent;
    struct span rest = redo_frames(record);
    size_t len = rest.len;

    if (redo_measure(record, TXN, &extent) != 0) {
        return;
    }
    MUST(extent.len <= len);
    for (uint64_t number = 1; number <= extent.count; number++) {
        BUFFER_AUTO struct buffer again = BUFFER_NULL;
        struct redo_place place = {SALT, TXN, number};
        struct span before = rest;
        struct span changes;

        MUST(redo_take(&rest, place, &changes));
        read_changes(changes, place, &again);
        MUST(again.len == redo_frame_bytes((size_t)(changes.data - before.data) + changes.len));
        MUST(memcmp(again.data, before.data, (size_t)(changes.data - before.data) + changes.len) ==
                0);
    }
    MUST(rest.len == len - extent.len);
}

/* The input as the frames of a log that is otherwise empty, and as a record of another length. */
static void read_log(struct span log) {
    static char record[REDO_RECORD_BYTES];
    struct redo_extent extent;
    size_t len = log.len < REDO_FRAMES_BYTES ? log.len : REDO_FRAMES_BYTES;

    MUST(redo_measure(log, TXN, &extent) == -EBADMSG || log.len == sizeof(record));
    if (len > 0) {
        memcpy(record + REDO_FRAMES_OFFSET, log.data, len);
    }
    read_record((struct span){record, sizeof(record)});
    memset(record + REDO_FRAMES_OFFSET, 0, len);
}

static void add_frame(struct buffer *log, uint64_t number, struct span changes) {
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;

    redo_begin(&frame);
    buffer_append_span(&frame, changes);
    redo_finish(&frame, (struct redo_place){SALT, TXN, number});
    MUST(buffer_finish(&frame) == 0);
    buffer_append_span(log, buffer_span(&frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct span input = {(const char *)data, size};
    size_t first = size > 0 ? data[0] % size : 0;

    read_log(input);
    if (size == 0) {
        return 0;
    }
    add_frame(&log, 1, (struct span){input.data, first});
    add_frame(&log, 2, (struct span){input.data + first, size - first});
    MUST(buffer_finish(&log) == 0);
    read_log(buffer_span(&log));
    return 0;
}

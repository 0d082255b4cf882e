/* The redo log's frames. */
#include "store/redo.h"

#include "support/broker_fixture.h"
#include "support/test.h"
#include <errno.h>

#define TXN 7

/* Appends the frame of that number, with one change whose record is so long. */
static void add_frame(struct buffer *log, uint64_t txn, uint64_t number, size_t record_len) {
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct redo_change change = {.kind = REDO_PUT, .table = 1, .key = SPAN_LITERAL("key")};

    for (size_t i = 0; i < record_len; i++) {
        buffer_append_byte(&record, (char)('a' + number));
    }
    change.record = buffer_span(&record);
    redo_begin(&frame);
    redo_add(&frame, &change);
    change.kind = REDO_DELETE;
    change.record = SPAN_NULL;
    redo_add(&frame, &change);
    redo_finish(&frame, (struct redo_place){txn, number});
    assert_int_equal(buffer_finish(&frame), 0);
    assert_int_equal(frame.len % STORE_PAGE_BYTES, 0);
    buffer_append_span(log, buffer_span(&frame));
}

/* Three frames, of one page, of three, of one, and an empty page. */
static void make_log(struct buffer *log) {
    static const char nothing[STORE_PAGE_BYTES];

    add_frame(log, TXN, 1, 10);
    add_frame(log, TXN, 2, 2 * STORE_PAGE_BYTES);
    add_frame(log, TXN, 3, 100);
    buffer_append(log, nothing, sizeof(nothing));
}

static void what_was_added_is_taken_in_order(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_change change;
    struct redo_extent extent;
    struct span changes;
    struct span rest;

    make_log(&log);
    rest = buffer_span(&log);
    assert_int_equal(redo_measure(rest, TXN, &extent), 0);
    assert_int_equal(extent.count, 3);
    assert_int_equal(extent.len, 5 * STORE_PAGE_BYTES);
    assert_false(redo_take(&rest, (struct redo_place){TXN, 2}, &changes));
    assert_true(redo_take(&rest, (struct redo_place){TXN, 1}, &changes));
    assert_true(redo_take(&rest, (struct redo_place){TXN, 2}, &changes));
    assert_int_equal(redo_next(&changes, &change), 0);
    assert_int_equal(change.kind, REDO_PUT);
    assert_int_equal(change.table, 1);
    assert_span_is(change.key, "key");
    assert_int_equal(change.record.len, 2 * STORE_PAGE_BYTES);
    assert_int_equal(change.record.data[0], 'c');
    assert_int_equal(redo_next(&changes, &change), 0);
    assert_int_equal(change.kind, REDO_DELETE);
    assert_int_equal(change.record.len, 0);
    assert_int_equal(changes.len, 0);
}

static void frames_of_another_transaction_are_none(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_extent extent;

    make_log(&log);
    assert_int_equal(redo_measure(buffer_span(&log), TXN + 1, &extent), 0);
    assert_int_equal(extent.count, 0);
    assert_int_equal(extent.len, 0);
}

/* The last frame may be one that a loss of power cut short; one with another behind it was whole.
 */
static void a_torn_end_is_an_end_and_a_torn_middle_is_damage(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_extent extent;
    static const size_t used[] = {56, 2 * STORE_PAGE_BYTES + 46, 146};
    size_t at = 0;

    make_log(&log);
    for (size_t frame = 0; frame < 3; frame++) {
        for (size_t byte = 0; byte < used[frame]; byte += 3) {
            int wanted = frame < 2 ? -EBADMSG : 0;

            log.data[at + byte] ^= 0x20;
            if (redo_measure(buffer_span(&log), TXN, &extent) != wanted) {
                fail_msg("frame %zu, byte %zu", frame + 1, byte);
            }
            assert_true(wanted != 0 || extent.count == 2);
            log.data[at + byte] ^= 0x20;
        }
        at += redo_frame_bytes(used[frame]);
    }
}

static void a_change_that_is_not_whole_is_found(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct span whole;
    struct span rest;

    make_log(&log);
    rest = buffer_span(&log);
    assert_true(redo_take(&rest, (struct redo_place){TXN, 1}, &whole));
    for (size_t len = 1; len < whole.len; len++) {
        struct span cut = {whole.data, len};
        struct redo_change change;
        int error = 0;

        while (error == 0 && cut.len > 0) {
            error = redo_next(&cut, &change);
        }
        assert_true(error == -EBADMSG || len == 8 + 3 + 10); /* just behind the first */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_added_is_taken_in_order),
            cmocka_unit_test(frames_of_another_transaction_are_none),
            cmocka_unit_test(a_torn_end_is_an_end_and_a_torn_middle_is_damage),
            cmocka_unit_test(a_change_that_is_not_whole_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

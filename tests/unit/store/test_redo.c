/* The redo log's frames. */
#include "store/redo.h"

#include "store/record.h"
#include "support/broker_fixture.h"
#include "support/test.h"
#include <errno.h>

#define TXN 7
#define SALT UINT64_C(0x1122334455667788)
#define HEAD_BYTES 32
#define CHANGE_BYTES 8

static struct redo_place place_of(uint64_t number) {
    return (struct redo_place){SALT, TXN, number};
}

/* Appends the frame of that place: a secret is put, and deleted -> the bytes that matter in it. */
static size_t add_frame(struct buffer *log, struct redo_place place, size_t value_len) {
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct secret secret = {.name = SPAN_LITERAL("key"), .version = 1};
    struct redo_change change = {.kind = REDO_PUT, .table = 1, .key = secret.name};

    while (value.len < value_len) {
        buffer_append_byte(&value, (char)('a' + place.number));
    }
    secret.value = buffer_span(&value);
    record_encode_secret(&record, &secret, NULL);
    change.record = buffer_span(&record);
    redo_begin(&frame);
    redo_add(&frame, &change);
    change.kind = REDO_DELETE;
    change.record = SPAN_NULL;
    redo_add(&frame, &change);
    value_len = frame.len;
    redo_finish(&frame, place);
    assert_int_equal(buffer_finish(&frame), 0);
    assert_int_equal(frame.len, redo_frame_bytes(value_len));
    buffer_append_span(log, buffer_span(&frame));
    return value_len;
}

/* A record of the log's length: the salt, then what is in frames. */
static void make_record(struct buffer *record, const struct buffer *frames) {
    char *place = buffer_reserve(record, REDO_RECORD_BYTES);
    uint64_t salt = SALT;

    assert_non_null(place);
    memset(place, 0, REDO_RECORD_BYTES);
    memcpy(place, &salt, sizeof(salt));
    memcpy(place + REDO_FRAMES_OFFSET, frames->data, frames->len);
    buffer_commit(record, REDO_RECORD_BYTES);
}

/* Three frames, of one page, of three, of one. */
static void make_log(struct buffer *record, size_t used[3]) {
    BUFFER_AUTO struct buffer frames = BUFFER_NULL;

    used[0] = add_frame(&frames, place_of(1), 10);
    used[1] = add_frame(&frames, place_of(2), 2 * STORE_PAGE_BYTES);
    used[2] = add_frame(&frames, place_of(3), 100);
    make_record(record, &frames);
}

static void what_was_added_is_taken_in_order(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_change change;
    struct redo_extent extent;
    struct span changes;
    struct span rest;
    size_t used[3];

    make_log(&log, used);
    assert_int_equal(redo_measure(buffer_span(&log), TXN, &extent), 0);
    assert_int_equal(extent.count, 3);
    assert_int_equal(extent.len, 5 * STORE_PAGE_BYTES);
    rest = redo_frames(buffer_span(&log));
    assert_false(redo_take(&rest, place_of(2), &changes));
    assert_true(redo_take(&rest, place_of(1), &changes));
    assert_true(redo_take(&rest, place_of(2), &changes));
    assert_int_equal(redo_next(&changes, &change), 0);
    assert_int_equal(change.kind, REDO_PUT);
    assert_int_equal(change.table, 1);
    assert_span_is(change.key, "key");
    assert_true(change.record.len > 2 * STORE_PAGE_BYTES);
    assert_int_equal(redo_next(&changes, &change), 0);
    assert_int_equal(change.kind, REDO_DELETE);
    assert_int_equal(change.record.len, 0);
    assert_int_equal(changes.len, 0);
}

static void frames_of_another_transaction_are_none(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_extent extent;
    size_t used[3];

    make_log(&log, used);
    assert_int_equal(redo_measure(buffer_span(&log), TXN + 1, &extent), 0);
    assert_int_equal(extent.count, 0);
    assert_int_equal(extent.len, 0);
}

/* Pages of a value may look like anything, but whoever put it does not know the salt. */
static void a_value_does_not_pass_for_a_frame(void **state) {
    BUFFER_AUTO struct buffer frames = BUFFER_NULL;
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_extent extent;

    (void)add_frame(&frames, place_of(1), 10);
    (void)add_frame(&frames, (struct redo_place){SALT + 1, TXN, 2}, 10);
    (void)add_frame(&frames, (struct redo_place){SALT + 1, TXN, 3}, 10);
    make_record(&log, &frames);
    assert_int_equal(redo_measure(buffer_span(&log), TXN, &extent), 0);
    assert_int_equal(extent.count, 1);
}

/* The last frame may be one that a loss of power cut short; one with another behind it was whole.
 */
static void a_torn_end_is_an_end_and_a_torn_middle_is_damage(void **state) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    struct redo_extent extent;
    size_t at = REDO_FRAMES_OFFSET;
    size_t used[3];

    make_log(&log, used);
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
    size_t used[3];

    make_log(&log, used);
    rest = redo_frames(buffer_span(&log));
    assert_true(redo_take(&rest, place_of(1), &whole));
    for (size_t len = 1; len < whole.len; len++) {
        struct span cut = {whole.data, len};
        struct redo_change change;
        int error = 0;

        while (error == 0 && cut.len > 0) {
            error = redo_next(&cut, &change);
        }
        assert_true(error == -EBADMSG || len == used[0] - HEAD_BYTES - CHANGE_BYTES - 3);
    }
}

/* A well-formed change that no store makes. */
static void a_change_that_no_store_makes_is_found(void **state) {
    static char name[GK_NAME_MAX_BYTES + 1];
    const struct redo_change changes[] = {
            {REDO_DELETE, 0, SPAN_LITERAL("redo"), SPAN_NULL},
            {REDO_DELETE, 0, SPAN_LITERAL("state"), SPAN_NULL},
            {REDO_DELETE, 1, {name, sizeof(name)}, SPAN_NULL},
            {REDO_DELETE, 1, SPAN_LITERAL("key"), SPAN_LITERAL("x")},
            {REDO_DELETE, 3, SPAN_LITERAL("key"), SPAN_NULL},
            {REDO_DELETE, 4, SPAN_LITERAL("key"), SPAN_NULL},
            {REDO_DELETE, 5, SPAN_LITERAL("key"), SPAN_NULL},
            {REDO_PUT, 0, SPAN_LITERAL("clock"), SPAN_LITERAL("soon")},
            {REDO_PUT, 1, SPAN_LITERAL("key"), SPAN_LITERAL("no record")},
            {REDO_APPEND, 5, SPAN_LITERAL("8 bytes."), SPAN_LITERAL("no event")},
    };

    memset(name, 'n', sizeof(name));
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        BUFFER_AUTO struct buffer frame = BUFFER_NULL;
        BUFFER_AUTO struct buffer log = BUFFER_NULL;
        struct redo_extent extent;

        redo_begin(&frame);
        redo_add(&frame, &changes[i]);
        redo_finish(&frame, place_of(1));
        make_record(&log, &frame);
        assert_int_equal(redo_measure(buffer_span(&log), TXN, &extent), -EBADMSG);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_added_is_taken_in_order),
            cmocka_unit_test(frames_of_another_transaction_are_none),
            cmocka_unit_test(a_torn_end_is_an_end_and_a_torn_middle_is_damage),
            cmocka_unit_test(a_change_that_is_not_whole_is_found),
            cmocka_unit_test(a_change_that_no_store_makes_is_found),
            cmocka_unit_test(a_value_does_not_pass_for_a_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

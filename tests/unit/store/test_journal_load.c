#include <errno.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "store/journal.h"
#include "support/test.h"
#include "unit/store/journal_bench.h"

/* Each byte of the last frame damaged, and each cut of it: it is cut off, and said. */
static void a_last_frame_that_is_not_whole_is_cut_off(void **state) {
    struct bench *bench = *state;
    uint64_t kept;
    uint64_t end;

    bench_write_turn(bench, "one");
    kept = bench->journal.kept;
    bench_write_turn(bench, "two");
    end = bench->journal.kept;
    for (uint64_t at = kept; at < end; at++) {
        bench_change_byte(bench, at);
        assert_int_equal(bench_load(bench), 0);
        assert_string_equal(bench->seen, "one ");
        assert_int_equal(bench->journal.kept, kept);
        assert_int_equal(bench->torn, end - kept);
        bench_change_byte(bench, at);
    }
    for (uint64_t cut = end - 1; cut >= kept; cut--) {
        assert_int_equal(ftruncate(bench->fd, (off_t)cut), 0);
        assert_int_equal(bench_load(bench), 0);
        assert_string_equal(bench->seen, "one ");
        assert_true(bench->torn <= cut - kept); /* without the zeros at the end */
        assert_true(cut < kept + FRAME_HEAD_BYTES || bench->torn > 0);
    }
}

/* Each byte of a frame that another one follows: nothing is cut off, and the place is named. */
static void a_damaged_frame_before_a_later_one_is_refused(void **state) {
    struct bench *bench = *state;
    uint64_t first;
    uint64_t second;
    uint64_t size;

    first = bench->journal.kept;
    bench_write_turn(bench, "one");
    second = bench->journal.kept;
    bench_write_turn(bench, "two");
    size = bench_size(bench);
    for (uint64_t at = first; at < second; at++) {
        bench_change_byte(bench, at);
        assert_damaged(bench, "a part of it has changed", first);
        bench_change_byte(bench, at);
    }
    assert_int_equal(bench_size(bench), size);
    assert_int_equal(bench_load(bench), 0);
}

/* Zeros where a frame was, as a disk leaves them that has lost a block. */
static void a_hole_before_a_later_frame_is_refused(void **state) {
    struct bench *bench = *state;
    static const char zeros[4096];
    uint64_t first;

    bench_write_turn(bench, "one");
    first = bench->journal.kept;
    for (int turn = 0; turn < 100; turn++) {
        bench_write_turn(bench, "a turn in the hole, or behind it");
    }
    assert_int_equal(pwrite(bench->fd, zeros, sizeof(zeros), (off_t)first), sizeof(zeros));
    assert_true(bench->journal.kept > first + sizeof(zeros));
    assert_damaged(bench, "a part of it has changed", first);
}

/* A later frame is found however far behind the damage it stands, and wherever a window begins. */
static void a_later_frame_is_found_far_behind(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;
    size_t before = 0;

    for (size_t len = ((size_t)1 << 20) - 64; len < ((size_t)1 << 20) + 64; len += 7) {
        uint64_t first;

        assert_int_equal(ftruncate(bench->fd, 0), 0);
        journal_deinit(&bench->journal);
        assert_int_equal(journal_make(&bench->journal, dup(bench->fd), JOURNAL_FILE, NULL,
                                 &(struct journal_head){0}),
                0);
        frame_begin(&frame);
        while (frame.len < FRAME_HEAD_BYTES + len) {
            buffer_append_byte(&frame, 'x');
        }
        first = bench->journal.kept;
        assert_int_equal(journal_write(&bench->journal, &frame, FRAME_ENDS_TURN), 0);
        journal_keep(&bench->journal);
        bench_write_turn(bench, "the later one");
        bench_change_byte(bench, first + FRAME_HEAD_BYTES + 9);
        assert_damaged(bench, "a part of it has changed", first);
        before += 1;
    }
    assert_true(before > 10);
}

/* An older frame at the end, as a block that was written back late: its number tells. */
static void an_older_frame_behind_the_end_is_cut_off(void **state) {
    struct bench *bench = *state;
    char frame[256];
    uint64_t first;
    uint64_t second;

    first = bench->journal.kept;
    bench_write_turn(bench, "one");
    second = bench->journal.kept;
    bench_write_turn(bench, "two");
    assert_int_equal(pread(bench->fd, frame, second - first, (off_t)first), second - first);
    assert_int_equal(
            pwrite(bench->fd, frame, second - first, (off_t)bench->journal.kept), second - first);
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
    assert_int_equal(bench->torn, second - first);
}

/* Frames of another journal, as a block that was freed and given to this file. */
static void another_journals_frames_are_not_read(void **state) {
    struct bench *bench = *state;
    struct bench *other;
    char frames[512];
    ssize_t len;

    assert_int_equal(bench_setup((void **)&other), 0);
    bench_write_turn(other, "other");
    bench_write_turn(other, "another");
    bench_write_turn(bench, "one");
    len = pread(other->fd, frames, sizeof(frames), HEAD_BYTES);
    assert_true(len > 0);
    assert_int_equal(pwrite(bench->fd, frames, (size_t)len, (off_t)bench->journal.kept), len);
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one ");
    assert_true(bench->torn > 0);
    assert_int_equal(bench_teardown((void **)&other), 0);
}

static void a_number_that_is_left_out_is_damage(void **state) {
    struct bench *bench = *state;
    uint64_t second;

    bench_write_turn(bench, "one");
    second = bench->journal.kept;
    bench->journal.number += 1;
    bench_write_turn(bench, "three");
    assert_damaged(bench, "a part of it has changed", second);
}

static void what_makes_no_sense_is_refused(void **state) {
    struct bench *bench = *state;
    uint64_t second;

    bench_write_turn(bench, "one");
    second = bench->journal.kept;
    bench_write_turn(bench, "!");
    assert_damaged(bench, "a part of it makes no sense", second); /* it is whole, so no crash's */
}

static void a_sealed_frame_opens_only_in_its_place(void **state) {
    struct bench *bench = *state;
    char frame[256];
    uint64_t first;
    uint64_t second;
    uint64_t third;

    first = bench->journal.kept;
    bench_write_turn(bench, "one");
    second = bench->journal.kept;
    bench_write_turn(bench, "two");
    third = bench->journal.kept;
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
    /* the content of the first frame below the head of the second, with a checksum that is right */
    assert_int_equal(pread(bench->fd, frame, second - first, (off_t)first), second - first);
    frame_finish(frame, second - first - FRAME_HEAD_BYTES, 2, bench->journal.head.salt);
    assert_int_equal(third - second, second - first);
    assert_int_equal(pwrite(bench->fd, frame, second - first, (off_t)second), second - first);
    assert_damaged(bench, "a part of it makes no sense", second);
}

static void what_is_no_journal_is_refused(void **state) {
    struct bench *bench = *state;
    static const char zeros[4096];
    struct journal_head head;

    assert_int_equal(ftruncate(bench->fd, 0), 0);
    assert_damaged(bench, "it is empty", 0);
    assert_int_equal(journal_peek(bench->fd, &head), 0);
    assert_int_equal(head.generation, 0);
    assert_int_equal(pwrite(bench->fd, zeros, HEAD_BYTES, 0), HEAD_BYTES); /* power failed */
    assert_int_equal(journal_peek(bench->fd, &head), 0);
    assert_int_equal(head.generation, 0);
    assert_damaged(bench, "it does not begin as a store of GhostKey does", 0);
    assert_int_equal(pwrite(bench->fd, zeros, sizeof(zeros), 0), sizeof(zeros));
    assert_int_equal(journal_peek(bench->fd, &head), -EBADMSG); /* it may be somebody's */
    assert_damaged(bench, "it does not begin as a store of GhostKey does", 0);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
            ROW(a_last_frame_that_is_not_whole_is_cut_off),
            ROW(a_damaged_frame_before_a_later_one_is_refused),
            ROW(a_hole_before_a_later_frame_is_refused),
            ROW(a_later_frame_is_found_far_behind),
            ROW(an_older_frame_behind_the_end_is_cut_off),
            ROW(another_journals_frames_are_not_read),
            ROW(a_number_that_is_left_out_is_damage),
            ROW(what_makes_no_sense_is_refused),
            cmocka_unit_test_setup_teardown(
                    a_sealed_frame_opens_only_in_its_place, bench_setup_sealed, bench_teardown),
            ROW(what_is_no_journal_is_refused),
    };

    return cmocka_run_group_tests_name("journal_load", tests, NULL, NULL);
}

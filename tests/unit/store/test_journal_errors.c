/* Calls of the operating system that fail under a journal, while it is written and read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "ghostkey/error.h"
#include "store/journal.h"
#include "store/seal.h"
#include "support/failing_calls.h"
#include "support/test.h"
#include "unit/store/journal_bench.h"

#define FAILURES_MAX 100
#define WINDOW_BYTES ((size_t)1 << 20) /* as in journal_load.c */

static void write_bytes(struct bench *bench, size_t len) {
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;

    frame_begin(&frame);
    while (frame.len < FRAME_HEAD_BYTES + len) {
        buffer_append_byte(&frame, 'x');
    }
    assert_int_equal(journal_write(&bench->journal, &frame, FRAME_ENDS_TURN), 0);
    journal_keep(&bench->journal);
}

/* Each read fails once: the start ends with the error, and takes the journal for no damaged one. */
static void each_read_fails(struct bench *bench, int error, int expected) {
    unsigned int n = 1;
    int result;

    for (bool failed = true; failed; n++) {
        calls_fail("pread", n, error);
        result = bench_load(bench);
        failed = calls_end();
        if (failed) {
            assert_int_equal(result, expected);
        }
        assert_true(n < FAILURES_MAX);
    }
    assert_true(n > 3);
}

/* Frames that reach over the parts in which a file is read, and damage that is looked behind. */
static void a_read_that_fails_is_an_error(void **state) {
    struct bench *bench = *state;
    uint64_t last;

    write_bytes(bench, WINDOW_BYTES - 300);
    write_bytes(bench, WINDOW_BYTES + 500);
    each_read_fails(bench, EIO, -EIO);
    each_read_fails(bench, 0, -EIO); /* somebody cuts it just now */
    last = bench->journal.kept;
    write_bytes(bench, WINDOW_BYTES);
    write_bytes(bench, WINDOW_BYTES + 700);
    bench_change_byte(bench, last + FRAME_HEAD_BYTES + 5);
    each_read_fails(bench, EIO, -EIO);
    assert_damaged(bench, "a part of it has changed", last);
}

static void a_read_that_is_interrupted_is_made_again(void **state) {
    struct bench *bench = *state;

    bench_write_turn(bench, "one");
    calls_fail("pread", 1, EINTR);
    assert_int_equal(bench_load(bench), 0);
    assert_true(calls_end());
    assert_string_equal(bench->seen, "one ");
}

static void a_head_that_cannot_be_read_is_an_error(void **state) {
    struct bench *bench = *state;
    struct journal_head head;

    calls_fail("pread", 1, EIO);
    assert_int_equal(journal_peek(bench->fd, &head), -EIO);
    assert_true(calls_end());
    calls_fail("fstat", 1, EIO);
    assert_int_equal(bench_load(bench), -EIO);
    assert_true(calls_end());
}

/* A file system that does not say where data ends: all of the file is looked at. */
static void what_was_written_is_found_without_holes(void **state) {
    struct bench *bench = *state;
    uint64_t kept;

    bench_write_turn(bench, "one");
    kept = bench->journal.kept;
    bench_write_frame(bench, 0, "half of a turn");
    bench_change_byte(bench, kept + FRAME_HEAD_BYTES + 5); /* and half of a frame */
    for (unsigned int n = 1; n <= 2; n++) {                /* the data, or the hole behind it */
        calls_fail("lseek", n, EINVAL);
        assert_int_equal(bench_load(bench), 0);
        assert_true(calls_end());
        assert_int_equal(bench->journal.kept, kept);
        assert_true(bench->torn > 0);
    }
}

static void an_error_of_a_write_is_given_back(void **state) {
    static const struct {
        const char *call;
        int error;
        int result;
    } rows[] = {{"pwrite", EIO, -EIO}, {"pwrite", ENOSPC, -ENOSPC}, {"pwrite", 0, -ENOSPC},
            {"fdatasync", EIO, -EIO}};
    struct bench *bench = *state;

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        BUFFER_AUTO struct buffer frame = BUFFER_NULL;

        bench_write_turn(bench, ""); /* zeros stand behind it, so one write is left */
        frame_begin(&frame);
        buffer_append_text(&frame, "lost");
        calls_fail(rows[at].call, 1, rows[at].error);
        assert_int_equal(journal_write(&bench->journal, &frame, FRAME_ENDS_TURN), rows[at].result);
        assert_true(calls_end());
        assert_int_equal(journal_take_back(&bench->journal), 0);
    }
    bench_write_turn(bench, "kept");
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "    kept ");
}

static void a_write_that_is_interrupted_is_made_again(void **state) {
    struct bench *bench = *state;

    bench_write_turn(bench, "one");
    calls_fail("pwrite", 1, EINTR);
    bench_write_turn(bench, "two");
    assert_true(calls_end());
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
}

/* As FAT and some network file systems are. */
static void without_fallocate_the_file_grows_as_it_is_written(void **state) {
    struct bench *bench = *state;

    calls_fail("fallocate", 1, EOPNOTSUPP);
    bench_write_turn(bench, "one");
    assert_true(calls_end());
    assert_int_equal(bench_size(bench), bench->journal.kept);
    bench_write_turn(bench, "two");
    assert_int_equal(bench_size(bench), bench->journal.kept);
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
}

/* Neither its mark nor its name are drawn: nothing is made. */
static void a_journal_without_random_numbers_is_not_made(void **state) {
    struct bench *bench = *state;
    const struct journal_head head = {.generation = 1};

    for (unsigned int n = 1; n <= 2; n++) {
        struct journal journal = JOURNAL_NULL;

        assert_int_equal(ftruncate(bench->fd, 0), 0);
        calls_fail("getrandom", n, ENOSYS);
        assert_int_equal(journal_make(&journal, bench->fd, JOURNAL_FILE, NULL, &head), -EIO);
        assert_true(calls_end());
        assert_int_equal(bench_size(bench), 0);
        assert_int_equal(journal.fd, -1);
    }
}

/* A new name is on the disk only once its folder is synced; until then nothing may be written. */
static void a_new_name_is_synced_before_the_next_turn(void **state) {
    struct bench *bench = *state;
    char path[] = "/tmp/ghostkey-journal-XXXXXX";
    GK_AUTO_CLOSE int fd = mkostemp(path, O_CLOEXEC);
    struct journal journal = JOURNAL_NULL;
    const struct journal_head head = {.generation = 1};

    assert_true(fd >= 0);
    assert_int_equal(journal_make(&journal, fd, JOURNAL_FILE, NULL, &head), 0);
    journal.path = path;
    journal.has_new_name = true;
    calls_fail("fsync", 1, EIO);
    assert_int_equal(journal_check(&journal), GK_E_STORE_TORN);
    assert_true(calls_end());
    assert_int_equal(journal_check(&journal), 0); /* it is tried again */
    calls_fail("fsync", 1, EIO);
    assert_int_equal(journal_check(&journal), 0); /* and not once more */
    assert_false(calls_end());
    calls_fail("fstat", 1, EIO); /* then it counts as cut */
    assert_int_equal(journal_check(&journal), GK_E_STORE_CUT);
    assert_true(calls_end());
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bench_load(bench), 0);
}

/* What a reader says of a frame that it took a moment ago. */
struct reading {
    int begins;
    int second_result;
};

static void begin_reading(void *userdata) {
    ((struct reading *)userdata)->begins += 1;
}

static int read_frame(void *userdata, unsigned int flags, struct span changes) {
    const struct reading *reading = userdata;

    (void)flags;
    (void)changes;
    return reading->begins == 2 ? reading->second_result : 0;
}

/* A turn that did not end has the frames before it read twice. */
static void a_file_that_changes_between_two_readings_is_an_error(void **state) {
    static const struct {
        int second;
        int result;
    } rows[] = {{-ENODATA, -EIO}, {-EBADMSG, -EIO}, {-ENOMEM, -ENOMEM}, {0, 0}};
    struct bench *bench = *state;

    bench_write_turn(bench, "one");
    bench_write_frame(bench, 0, "a turn that does not end");
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        struct reading reading = {0, rows[at].second};
        const struct frame_reader reader = {begin_reading, read_frame, &reading};
        struct journal journal = JOURNAL_NULL;
        struct damage damage;
        uint64_t torn;

        assert_int_equal(
                journal_load(&journal, bench->fd, JOURNAL_FILE, NULL, &reader, &torn, &damage),
                rows[at].result);
        assert_int_equal(reading.begins, 2);
    }
}

/* Of which nothing is left once it is opened, not even the byte with its flags. */
static void a_sealed_frame_of_nothing_makes_no_sense(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;
    uint64_t at = bench->journal.kept;

    frame_begin(&frame);
    buffer_truncate(&frame, FRAME_HEAD_BYTES);
    frame_finish(frame.data, 0, 1, bench->journal.head.salt);
    assert_int_equal(seal_encrypt(bench->seal, frame_context(frame.data), SPAN_NULL, &frame), 0);
    frame_finish(frame.data, frame.len - FRAME_HEAD_BYTES, 1, bench->journal.head.salt);
    assert_int_equal(pwrite(bench->fd, frame.data, frame.len, (off_t)at), frame.len);
    assert_damaged(bench, "a part of it makes no sense", at);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
            ROW(a_read_that_fails_is_an_error),
            ROW(a_read_that_is_interrupted_is_made_again),
            ROW(a_head_that_cannot_be_read_is_an_error),
            ROW(what_was_written_is_found_without_holes),
            ROW(an_error_of_a_write_is_given_back),
            ROW(a_write_that_is_interrupted_is_made_again),
            ROW(without_fallocate_the_file_grows_as_it_is_written),
            ROW(a_journal_without_random_numbers_is_not_made),
            ROW(a_new_name_is_synced_before_the_next_turn),
            ROW(a_file_that_changes_between_two_readings_is_an_error),
            cmocka_unit_test_setup_teardown(
                    a_sealed_frame_of_nothing_makes_no_sense, bench_setup_sealed, bench_teardown),
    };

    return cmocka_run_group_tests_name("journal_errors", tests, NULL, NULL);
}

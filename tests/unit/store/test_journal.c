#include <errno.h>
#include <fcntl.h>

#include "common/cleanup.h"
#include "ghostkey/error.h"
#include "store/journal.h"
#include "store/seal.h"
#include "support/test.h"
#include "unit/store/journal_bench.h"

static void what_was_kept_is_read_again(void **state) {
    struct bench *bench = *state;
    uint64_t kept;

    bench_write_turn(bench, "one");
    bench_write_frame(bench, 0, "two");
    bench_write_turn(bench, "three");
    kept = bench->journal.kept;
    assert_true(bench_size(bench) > kept); /* it is allocated in larger steps */
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two+ three ");
    assert_int_equal(bench->torn, 0);
    assert_int_equal(bench->journal.kept, kept);
    assert_int_equal(bench->journal.head.generation, 7);
    assert_int_equal(journal_resume(&bench->journal), 0);
    bench_write_turn(bench, "four");
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two+ three four ");
}

/* What is only allocated is a hole to lseek(2), until something is written to it. */
static void the_next_frames_have_zeros_to_be_written_over(void **state) {
    struct bench *bench = *state;
    off_t written;
    off_t zeroed;

    bench_write_turn(bench, "one");
    written = (off_t)bench->journal.kept;
    zeroed = lseek(bench->journal.fd, written, SEEK_HOLE);
    assert_true(zeroed >= written + ((off_t)256 << 10));
    assert_true(zeroed < (off_t)bench_size(bench)); /* not all that is allocated */
    bench_write_turn(bench, "two");
    assert_int_equal(lseek(bench->journal.fd, written, SEEK_HOLE), zeroed);
    assert_int_equal(journal_take_back(&bench->journal), 0);
    bench_write_turn(bench, "three"); /* after what stood there was cut off */
    assert_true(lseek(bench->journal.fd, (off_t)bench->journal.kept, SEEK_HOLE) >=
                (off_t)bench->journal.kept + ((off_t)256 << 10));
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two three ");
}

static void a_turn_that_does_not_end_is_not_kept(void **state) {
    struct bench *bench = *state;
    uint64_t kept;
    uint64_t end;

    bench_write_turn(bench, "one");
    kept = bench->journal.kept;
    bench_write_frame(bench, 0, "two");
    bench_write_frame(bench, 0, "three");
    end = bench->journal.end;
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one ");
    assert_int_equal(bench->journal.kept, kept);
    assert_int_equal(bench->journal.end, kept);
    assert_int_equal(bench->torn, end - kept);
    assert_int_equal(journal_resume(&bench->journal), 0);
    assert_int_equal(bench_size(bench), kept);
    bench_write_turn(bench, "four");
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one four ");
}

static void a_journal_that_was_closed_has_no_torn_end(void **state) {
    struct bench *bench = *state;
    uint64_t second;
    uint64_t end;

    bench_write_turn(bench, "one");
    second = bench->journal.kept;
    bench_write_turn(bench, "two");
    assert_int_equal(journal_close(&bench->journal), 0);
    end = bench_size(bench);
    assert_int_equal(end, bench->journal.kept);
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
    bench_change_byte(bench, second);
    assert_damaged(bench, "a part of it has changed", second);
    bench_change_byte(bench, second);
    assert_int_equal(ftruncate(bench->fd, (off_t)second), 0); /* a whole frame is missing */
    assert_damaged(bench, "it is cut short", second);
    assert_int_equal(ftruncate(bench->fd, (off_t)(end + 1)), 0);
    assert_damaged(bench, "it has become longer", end + 1);
}

/* A start that is refused writes nothing: only once it is resumed the mark goes. */
static void the_mark_of_the_stop_goes_when_it_is_resumed(void **state) {
    struct bench *bench = *state;

    bench_write_turn(bench, "one");
    assert_int_equal(journal_close(&bench->journal), 0);
    assert_int_equal(bench_load(bench), 0);
    assert_int_equal(bench_load(bench), 0);
    assert_int_equal(journal_resume(&bench->journal), 0);
    bench_write_turn(bench, "two");
    assert_int_equal(ftruncate(bench->fd, (off_t)bench->journal.kept - 1), 0);
    assert_int_equal(bench_load(bench), 0); /* in use: what was half written is cut off */
    assert_string_equal(bench->seen, "one ");
}

static void what_was_taken_back_is_not_read(void **state) {
    struct bench *bench = *state;
    uint64_t kept;

    bench_write_turn(bench, "one");
    kept = bench->journal.kept;
    bench_write_frame(bench, 0, "two, which is longer than what comes in its place");
    bench_write_frame(bench, FRAME_ENDS_TURN, "three");
    assert_int_equal(journal_take_back(&bench->journal), 0);
    assert_int_equal(bench_size(bench), kept);
    bench_write_turn(bench, "four");
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one four ");
    assert_int_equal(bench->torn, 0);
}

static void what_cannot_be_taken_back_stops_the_writing(void **state) {
    struct bench *bench = *state;
    uint64_t kept;
    int fd;

    bench_write_turn(bench, "one");
    kept = bench->journal.kept;
    bench_write_frame(bench, FRAME_ENDS_TURN, "two");
    fd = bench->journal.fd;
    bench->journal.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* no call can cut it */
    assert_true(journal_take_back(&bench->journal) < 0);
    assert_int_equal(journal_check(&bench->journal), GK_E_STORE_TORN);
    (void)close(bench->journal.fd);
    bench->journal.fd = fd;
    assert_int_equal(journal_check(&bench->journal), 0); /* it is tried again, and goes */
    assert_int_equal(bench_size(bench), kept);
    bench_write_turn(bench, "three");
    assert_int_equal(bench_load(bench), 0);
    assert_string_equal(bench->seen, "one three ");
}

static void only_its_own_key_reads_a_sealed_journal(void **state) {
    static const unsigned char other_key[SEAL_KEY_BYTES] = {6};
    struct bench *bench = *state;
    struct seal *seal = bench->seal;

    bench_write_turn(bench, "one");
    bench->seal = NULL;
    assert_int_equal(bench_load(bench), -EACCES);
    assert_int_equal(seal_new(other_key, &bench->seal), 0);
    assert_int_equal(bench_load(bench), -EACCES);
    seal_free(bench->seal);
    bench->seal = seal;
    assert_int_equal(bench_load(bench), 0);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
            ROW(what_was_kept_is_read_again),
            ROW(the_next_frames_have_zeros_to_be_written_over),
            ROW(a_turn_that_does_not_end_is_not_kept),
            ROW(a_journal_that_was_closed_has_no_torn_end),
            ROW(the_mark_of_the_stop_goes_when_it_is_resumed),
            ROW(what_was_taken_back_is_not_read),
            ROW(what_cannot_be_taken_back_stops_the_writing),
            cmocka_unit_test_setup_teardown(
                    only_its_own_key_reads_a_sealed_journal, bench_setup_sealed, bench_teardown),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

#include "store/journal.h"

#include "common/cleanup.h"
#include "ghostkey/error.h"
#include "store/seal.h"
#include "support/test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* A journal in a memfd, and what was read of it last. */
struct bench {
    int fd;
    struct seal *seal;
    struct journal journal;
    char seen[256]; /* the payloads of all frames that were visited, with their flags */
    uint64_t torn;
    struct damage damage;
};

static int setup_with(void **state, struct seal *seal) {
    struct bench *bench = calloc(1, sizeof(*bench));
    const struct journal_head head = {.generation = 7};

    assert_non_null(bench);
    bench->fd = memfd_create("journal", MFD_CLOEXEC);
    bench->seal = seal;
    assert_int_equal(journal_make(&bench->journal, dup(bench->fd), JOURNAL_FILE, seal, &head), 0);
    *state = bench;
    return 0;
}

static int setup(void **state) {
    return setup_with(state, NULL);
}

static int setup_sealed(void **state) {
    static const unsigned char key[SEAL_KEY_BYTES] = {5};
    struct seal *seal;

    assert_int_equal(seal_new(key, &seal), 0);
    return setup_with(state, seal);
}

static int teardown(void **state) {
    struct bench *bench = *state;

    journal_deinit(&bench->journal);
    bench->seal = seal_free(bench->seal);
    bench->fd = gk_close(bench->fd);
    free(bench);
    return 0;
}

static void write_frame(struct bench *bench, unsigned int flags, const char *text) {
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;

    frame_begin(&frame);
    buffer_append_text(&frame, text);
    assert_int_equal(journal_write(&bench->journal, &frame, flags), 0);
}

static void write_turn(struct bench *bench, const char *text) {
    write_frame(bench, FRAME_ENDS_TURN, text);
    journal_keep(&bench->journal);
}

static int visit(void *userdata, unsigned int flags, struct span changes) {
    struct bench *bench = userdata;
    size_t len = strlen(bench->seen);

    (void)snprintf(bench->seen + len, sizeof(bench->seen) - len, "%.*s%s ", SPAN_ARGS(changes),
            flags == 0 ? "+" : "");
    return changes.len > 0 && changes.data[0] == '!' ? -EBADMSG : 0;
}

/* As a start does. */
static int load(struct bench *bench) {
    GK_AUTO_CLOSE int fd = dup(bench->fd);
    struct journal journal = JOURNAL_NULL;
    int error;

    bench->seen[0] = '\0';
    bench->torn = UINT64_MAX;
    bench->damage = (struct damage){"", 0};
    error = journal_load(
            &journal, fd, JOURNAL_FILE, bench->seal, visit, bench, &bench->torn, &bench->damage);
    if (error != 0) {
        return error;
    }
    (void)gk_steal_fd(&fd);
    journal_deinit(&bench->journal);
    bench->journal = journal;
    return 0;
}

static uint64_t size_of(const struct bench *bench) {
    struct stat status;

    assert_int_equal(fstat(bench->fd, &status), 0);
    return (uint64_t)status.st_size;
}

static void change_byte(const struct bench *bench, uint64_t at) {
    char byte;

    assert_int_equal(pread(bench->fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(bench->fd, &byte, 1, (off_t)at), 1);
}

static void assert_damaged(struct bench *bench, const char *what, uint64_t at) {
    assert_int_equal(load(bench), -EBADMSG);
    assert_string_equal(bench->damage.what, what);
    assert_int_equal(bench->damage.at, at);
}

static void what_was_kept_is_read_again(void **state) {
    struct bench *bench = *state;
    uint64_t kept;

    write_turn(bench, "one");
    write_frame(bench, 0, "two");
    write_turn(bench, "three");
    kept = bench->journal.kept;
    assert_true(size_of(bench) > kept); /* it is allocated in larger steps */
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one two+ three ");
    assert_int_equal(bench->torn, 0);
    assert_int_equal(bench->journal.kept, kept);
    assert_int_equal(bench->journal.head.generation, 7);
    assert_int_equal(journal_resume(&bench->journal), 0);
    write_turn(bench, "four");
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one two+ three four ");
}

static void a_turn_that_does_not_end_is_not_kept(void **state) {
    struct bench *bench = *state;
    uint64_t kept;

    write_turn(bench, "one");
    kept = bench->journal.kept;
    write_frame(bench, 0, "two");
    write_frame(bench, 0, "three");
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one two+ three+ "); /* visited, and to be taken back */
    assert_int_equal(bench->journal.kept, kept);
    assert_int_equal(bench->torn, bench->journal.end - kept);
    assert_int_equal(journal_resume(&bench->journal), 0);
    assert_int_equal(size_of(bench), kept);
    write_turn(bench, "four");
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one four ");
}

/* Each byte of the last frame damaged, and each cut of it: it is cut off, and said. */
static void a_last_frame_that_is_not_whole_is_cut_off(void **state) {
    struct bench *bench = *state;
    uint64_t kept;
    uint64_t end;

    write_turn(bench, "one");
    kept = bench->journal.kept;
    write_turn(bench, "two");
    end = bench->journal.kept;
    for (uint64_t at = kept; at < end; at++) {
        change_byte(bench, at);
        assert_int_equal(load(bench), 0);
        assert_string_equal(bench->seen, "one ");
        assert_int_equal(bench->journal.kept, kept);
        assert_int_equal(bench->torn, end - kept);
        change_byte(bench, at);
    }
    for (uint64_t cut = end - 1; cut >= kept; cut--) {
        assert_int_equal(ftruncate(bench->fd, (off_t)cut), 0);
        assert_int_equal(load(bench), 0);
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
    write_turn(bench, "one");
    second = bench->journal.kept;
    write_turn(bench, "two");
    size = size_of(bench);
    for (uint64_t at = first; at < second; at++) {
        change_byte(bench, at);
        assert_damaged(bench, "a part of it has changed", first);
        change_byte(bench, at);
    }
    assert_int_equal(size_of(bench), size);
    assert_int_equal(load(bench), 0);
}

/* Zeros where a frame was, as a disk leaves them that has lost a block. */
static void a_hole_before_a_later_frame_is_refused(void **state) {
    struct bench *bench = *state;
    static const char zeros[4096];
    uint64_t first;

    write_turn(bench, "one");
    first = bench->journal.kept;
    for (int turn = 0; turn < 100; turn++) {
        write_turn(bench, "a turn in the hole, or behind it");
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
        write_turn(bench, "the later one");
        change_byte(bench, first + FRAME_HEAD_BYTES + 9);
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
    write_turn(bench, "one");
    second = bench->journal.kept;
    write_turn(bench, "two");
    assert_int_equal(pread(bench->fd, frame, second - first, (off_t)first), second - first);
    assert_int_equal(
            pwrite(bench->fd, frame, second - first, (off_t)bench->journal.kept), second - first);
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
    assert_int_equal(bench->torn, second - first);
}

/* Frames of another journal, as a block that was freed and given to this file. */
static void another_journals_frames_are_not_read(void **state) {
    struct bench *bench = *state;
    struct bench *other;
    char frames[512];
    ssize_t len;

    assert_int_equal(setup((void **)&other), 0);
    write_turn(other, "other");
    write_turn(other, "another");
    write_turn(bench, "one");
    len = pread(other->fd, frames, sizeof(frames), HEAD_BYTES);
    assert_true(len > 0);
    assert_int_equal(pwrite(bench->fd, frames, (size_t)len, (off_t)bench->journal.kept), len);
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one ");
    assert_true(bench->torn > 0);
    assert_int_equal(teardown((void **)&other), 0);
}

static void a_number_that_is_left_out_is_damage(void **state) {
    struct bench *bench = *state;
    uint64_t second;

    write_turn(bench, "one");
    second = bench->journal.kept;
    bench->journal.number += 1;
    write_turn(bench, "three");
    assert_damaged(bench, "a part of it has changed", second);
}

static void a_journal_that_was_closed_has_no_torn_end(void **state) {
    struct bench *bench = *state;
    uint64_t second;
    uint64_t end;

    write_turn(bench, "one");
    second = bench->journal.kept;
    write_turn(bench, "two");
    assert_int_equal(journal_close(&bench->journal), 0);
    end = size_of(bench);
    assert_int_equal(end, bench->journal.kept);
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
    change_byte(bench, second);
    assert_damaged(bench, "a part of it has changed", second);
    change_byte(bench, second);
    assert_int_equal(ftruncate(bench->fd, (off_t)second), 0); /* a whole frame is missing */
    assert_damaged(bench, "it is cut short", second);
    assert_int_equal(ftruncate(bench->fd, (off_t)(end + 1)), 0);
    assert_damaged(bench, "it has become longer", end + 1);
}

/* A start that is refused writes nothing: only once it is resumed the mark goes. */
static void the_mark_of_the_stop_goes_when_it_is_resumed(void **state) {
    struct bench *bench = *state;

    write_turn(bench, "one");
    assert_int_equal(journal_close(&bench->journal), 0);
    assert_int_equal(load(bench), 0);
    assert_int_equal(load(bench), 0);
    assert_int_equal(journal_resume(&bench->journal), 0);
    write_turn(bench, "two");
    assert_int_equal(ftruncate(bench->fd, (off_t)bench->journal.kept - 1), 0);
    assert_int_equal(load(bench), 0); /* in use: what was half written is cut off */
    assert_string_equal(bench->seen, "one ");
}

static void what_was_taken_back_is_not_read(void **state) {
    struct bench *bench = *state;
    uint64_t kept;

    write_turn(bench, "one");
    kept = bench->journal.kept;
    write_frame(bench, 0, "two, which is longer than what comes in its place");
    write_frame(bench, FRAME_ENDS_TURN, "three");
    assert_int_equal(journal_take_back(&bench->journal), 0);
    assert_int_equal(size_of(bench), kept);
    write_turn(bench, "four");
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one four ");
    assert_int_equal(bench->torn, 0);
}

static void what_cannot_be_taken_back_stops_the_writing(void **state) {
    struct bench *bench = *state;
    uint64_t kept;
    int fd;

    write_turn(bench, "one");
    kept = bench->journal.kept;
    write_frame(bench, FRAME_ENDS_TURN, "two");
    fd = bench->journal.fd;
    bench->journal.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* no call can cut it */
    assert_true(journal_take_back(&bench->journal) < 0);
    assert_int_equal(journal_check(&bench->journal), GK_E_STORE_TORN);
    (void)close(bench->journal.fd);
    bench->journal.fd = fd;
    assert_int_equal(journal_check(&bench->journal), 0); /* it is tried again, and goes */
    assert_int_equal(size_of(bench), kept);
    write_turn(bench, "three");
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one three ");
}

static void what_makes_no_sense_is_refused(void **state) {
    struct bench *bench = *state;
    uint64_t second;

    write_turn(bench, "one");
    second = bench->journal.kept;
    write_turn(bench, "!");
    assert_damaged(bench, "a part of it makes no sense", second); /* it is whole, so no crash's */
}

static void a_sealed_frame_opens_only_in_its_place(void **state) {
    struct bench *bench = *state;
    char frame[256];
    uint64_t first;
    uint64_t second;
    uint64_t third;

    first = bench->journal.kept;
    write_turn(bench, "one");
    second = bench->journal.kept;
    write_turn(bench, "two");
    third = bench->journal.kept;
    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->seen, "one two ");
    /* the content of the first frame below the head of the second, with a checksum that is right */
    assert_int_equal(pread(bench->fd, frame, second - first, (off_t)first), second - first);
    frame_finish(frame, second - first - FRAME_HEAD_BYTES, 2, bench->journal.head.salt);
    assert_int_equal(third - second, second - first);
    assert_int_equal(pwrite(bench->fd, frame, second - first, (off_t)second), second - first);
    assert_damaged(bench, "a part of it makes no sense", second);
}

static void only_its_own_key_reads_a_sealed_journal(void **state) {
    static const unsigned char other_key[SEAL_KEY_BYTES] = {6};
    struct bench *bench = *state;
    struct seal *seal = bench->seal;

    write_turn(bench, "one");
    bench->seal = NULL;
    assert_int_equal(load(bench), -EACCES);
    assert_int_equal(seal_new(other_key, &bench->seal), 0);
    assert_int_equal(load(bench), -EACCES);
    seal_free(bench->seal);
    bench->seal = seal;
    assert_int_equal(load(bench), 0);
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
    assert_damaged(bench, "it is no store of GhostKey's, or its head is damaged", 0);
    assert_int_equal(pwrite(bench->fd, zeros, sizeof(zeros), 0), sizeof(zeros));
    assert_int_equal(journal_peek(bench->fd, &head), -EBADMSG); /* it may be somebody's */
    assert_damaged(bench, "it is no store of GhostKey's, or its head is damaged", 0);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
            ROW(what_was_kept_is_read_again),
            ROW(a_turn_that_does_not_end_is_not_kept),
            ROW(a_last_frame_that_is_not_whole_is_cut_off),
            ROW(a_damaged_frame_before_a_later_one_is_refused),
            ROW(a_hole_before_a_later_frame_is_refused),
            ROW(a_later_frame_is_found_far_behind),
            ROW(an_older_frame_behind_the_end_is_cut_off),
            ROW(another_journals_frames_are_not_read),
            ROW(a_number_that_is_left_out_is_damage),
            ROW(a_journal_that_was_closed_has_no_torn_end),
            ROW(the_mark_of_the_stop_goes_when_it_is_resumed),
            ROW(what_was_taken_back_is_not_read),
            ROW(what_cannot_be_taken_back_stops_the_writing),
            ROW(what_makes_no_sense_is_refused),
            ROW(what_is_no_journal_is_refused),
            cmocka_unit_test_setup_teardown(
                    a_sealed_frame_opens_only_in_its_place, setup_sealed, teardown),
            cmocka_unit_test_setup_teardown(
                    only_its_own_key_reads_a_sealed_journal, setup_sealed, teardown),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

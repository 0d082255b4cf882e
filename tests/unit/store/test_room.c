/* A store that is full, and the turns after what was in it has been deleted. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "process/limits.h"
#include "store/journal.h"
#include "store/store_internal.h"
#include "store/store_tables.h"
#include "support/test.h"
#include "unit/store/store_bench.h"

#define FULL_BYTES ((uint64_t)5 << 20)  /* a file may have no more */
#define BRIEF_BYTES ((uint64_t)8 << 20) /* so much is written anew within a turn: store.c */
#define NAMES_MANY 12000
#define DELETION_MIN_BYTES 400 /* the room for the deletion of one name, twice */

static struct rlimit file_limit; /* before any test */

static int teardown_limited(void **state) {
    (void)setrlimit(RLIMIT_FSIZE, &file_limit);
    return teardown(state);
}

static void limit_files(void) {
    struct rlimit limit = {FULL_BYTES, file_limit.rlim_max};

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Puts until the store is full, and deletes all but the first ten. */
static void fill_and_delete(struct bench *bench) {
    unsigned int count = 0;
    int error;

    do {
        (void)try_put(bench->store, count++, VALUE_BYTES, 'i');
        error = store_commit(bench->store);
    } while (error == 0);
    assert_int_equal(error, GK_E_STORE_FULL);
    while (--count > 10) {
        drop_numbered(bench->store, count - 1);
        commit(bench->store);
    }
}

/* The first turn after deletions is kept, though nothing was written anew since; not one that is
 * too large even then. */
static void assert_has_room(struct bench *bench, int fd) {
    struct store *store = bench->store;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    uint64_t full = journal_bytes(bench);

    put_numbered(store, 500, 1 << 20, 'j');
    put_numbered(store, 1, 200, 'k');
    put_numbered(store, 600, 10, 'l');
    drop_numbered(store, 600);
    drop_numbered(store, 3);
    append_event(store);
    commit(store);
    assert_true(journal_bytes(bench) < full / 2);
    dump(store, &before);
    put_numbered(store, 2, 10, 'm');
    (void)try_put(store, 700, FULL_BYTES, 'n');
    assert_int_equal(store_commit(store), GK_E_STORE_FULL);
    dump(store, &after);
    assert_true(span_equals(buffer_span(&before), buffer_span(&after)));
    drop_numbered(store, 4);
    commit(store);
    dump(store, &after);
    assert_loads_as(fd < 0 ? open(bench->path, O_RDONLY | O_CLOEXEC) : dup(fd), &after);
}

static void a_turn_has_the_room_that_deletions_left(void **state) {
    struct bench *bench = *state;

    limit_files();
    fill_and_delete(bench);
    assert_has_room(bench, bench->memfds[1]);
}

static void a_turn_has_the_room_that_deletions_left_below_a_limit(void **state) {
    struct bench *bench = *state;
    struct limits limits = LIMITS_NONE;

    limits.file_bytes = FULL_BYTES;
    store_set_limits(bench->store, &limits);
    fill_and_delete(bench);
    assert_has_room(bench, bench->memfds[1]);
}

/* Which journal has the file's name. */
static uint64_t generation_of(const struct bench *bench) {
    struct journal_head head = {0};
    GK_AUTO_CLOSE int fd = open(bench->path, O_RDONLY | O_CLOEXEC);

    assert_int_equal(journal_peek(fd, &head), 0);
    return head.generation;
}

static void set_file_limit(struct bench *bench, uint64_t bytes) {
    struct limits limits = LIMITS_NONE;

    limits.file_bytes = bytes;
    store_set_limits(bench->store, &limits);
}

/* The turn is refused, nothing of it stays, and the file is still the same journal. */
static void assert_refused(struct bench *bench, uint64_t generation, const struct buffer *before) {
    BUFFER_AUTO struct buffer after = BUFFER_NULL;

    assert_int_equal(store_commit(bench->store), GK_E_STORE_FULL);
    dump(bench->store, &after);
    assert_true(span_equals(buffer_span(&after), buffer_span(before)));
    assert_int_equal(generation_of(bench), generation);
    assert_loads_as(open(bench->path, O_RDONLY | O_CLOEXEC), before);
}

static void a_turn_that_clears_all_and_is_refused_leaves_all(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;

    put_numbered(bench->store, 1, 1 << 20, 'a');
    commit(bench->store);
    put_numbered(bench->store, 1, 1 << 20, 'b'); /* so that most of the journal is dead */
    commit(bench->store);
    put_numbered(bench->store, 1, 10, 'c');
    commit(bench->store);
    dump(bench->store, &before);
    set_file_limit(bench, 4 << 20);
    assert_int_equal(store_open_turn(bench->store), 0);
    assert_int_equal(store_clear(bench->store), 0);
    (void)try_put(bench->store, 2, 3 << 20, 'd');
    assert_refused(bench, generation_of(bench), &before);
}

static void a_full_journal_without_dead_bytes_is_not_written_anew(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;

    set_file_limit(bench, 4 << 20);
    put_numbered(bench->store, 1, 3 << 20, 'a');
    commit(bench->store);
    dump(bench->store, &before);
    for (unsigned int number = 2; number < 5; number++) {
        (void)try_put(bench->store, number, 2 << 20, 'b');
        assert_refused(bench, generation_of(bench), &before);
    }
    assert_int_equal(generation_of(bench), 1);
}

static void a_large_journal_is_written_anew_between_turns(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    uint64_t generation = generation_of(bench);

    for (unsigned int turn = 0; turn < 4; turn++) {
        for (unsigned int number = 0; number < 3; number++) {
            put_numbered(bench->store, number, BRIEF_BYTES / 2, (char)('a' + turn));
            commit(bench->store);
        }
    }
    dump(bench->store, &before);
    set_file_limit(bench, journal_bytes(bench) + (1 << 20));
    (void)try_put(bench->store, 3, BRIEF_BYTES / 2, 'x');
    assert_refused(bench, generation, &before);
    for (int ms = 0; ms >= 0;) {
        ms = store_idle(bench->store, true);
        (void)usleep(ms > 0 ? (useconds_t)ms * 1000 : 0);
    }
    assert_true(generation_of(bench) > generation);
    put_numbered(bench->store, 3, BRIEF_BYTES / 2, 'x');
    commit(bench->store);
}

/* What is allocated for the file behind what is written. */
static void assert_has_room_for_deletions(const struct bench *bench) {
    struct stat status;

    assert_int_equal(stat(bench->path, &status), 0);
    assert_true((uint64_t)status.st_blocks * 512 >
                journal_bytes(bench) + (uint64_t)NAMES_MANY * DELETION_MIN_BYTES);
}

static void put_many(struct bench *bench) {
    for (unsigned int number = 0; number < NAMES_MANY; number++) {
        put_numbered(bench->store, number, 1, 'm');
    }
    for (unsigned int turn = 0; turn < 5; turn++) { /* most of it is dead soon */
        put_numbered(bench->store, 0, FULL_BYTES, 'n');
        commit(bench->store);
        put_numbered(bench->store, 0, 1, 'm');
        commit(bench->store);
    }
    assert_has_room_for_deletions(bench);
}

static void a_new_journal_has_room_for_deletions(void **state) {
    struct bench *bench = *state;

    put_many(bench);
    for (int ms = 0; ms >= 0;) {
        ms = store_idle(bench->store, false);
        (void)usleep(ms > 0 ? (useconds_t)ms * 1000 : 0);
    }
    assert_int_equal(generation_of(bench), 2);
    assert_has_room_for_deletions(bench);
}

static void a_failed_rewrite_leaves_room_for_deletions(void **state) {
    struct bench *bench = *state;

    put_many(bench);
    set_file_limit(bench, journal_bytes(bench)); /* so the old journal gives up its room first */
    assert_int_equal(mkdir(bench->beside, 0700), 0);
    (void)store_idle(bench->store, false);
    assert_int_equal(rmdir(bench->beside), 0);
    assert_int_equal(generation_of(bench), 1);
    assert_has_room_for_deletions(bench);
}

int main(void) {
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, setup_file, teardown_limited)
#define ON_MEMFDS(test) cmocka_unit_test_setup_teardown(test, setup_memfds, teardown_limited)
    const struct CMUnitTest tests[] = {
            ON_FILE(a_turn_has_the_room_that_deletions_left),
            ON_FILE(a_turn_has_the_room_that_deletions_left_below_a_limit),
            ON_MEMFDS(a_turn_has_the_room_that_deletions_left_below_a_limit),
            ON_FILE(a_turn_that_clears_all_and_is_refused_leaves_all),
            ON_FILE(a_full_journal_without_dead_bytes_is_not_written_anew),
            ON_FILE(a_large_journal_is_written_anew_between_turns),
            ON_FILE(a_new_journal_has_room_for_deletions),
            ON_FILE(a_failed_rewrite_leaves_room_for_deletions),
    };

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &file_limit), 0);
    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}

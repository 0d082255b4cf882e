/* Calls of the operating system that fail while the journal is written anew. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "ghostkey/error.h"
#include "store/store_internal.h"
#include "store/store_tables.h"
#include "support/failing_calls.h"
#include "support/test.h"
#include "unit/store/store_bench.h"

#define STEPS_MAX 10000

/* Steps as the loop makes them, until there is nothing to do. A thread has some of the time. */
static void step_to_the_end(struct bench *bench) {
    for (unsigned int step = 0; store_idle(bench->store, false) >= 0; step++) {
        assert_true(step < STEPS_MAX);
        (void)usleep(500);
    }
}

static int setup_grown_file(void **state) {
    assert_int_equal(setup_file(state), 0);
    grow(*state);
    return 0;
}

static int setup_grown_memfds(void **state) {
    assert_int_equal(setup_memfds(state), 0);
    grow(*state);
    return 0;
}

/* What is in the store now is what a start would read. */
static void assert_kept(struct bench *bench) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    dump(bench->store, &text);
    assert_loads_as(dup(bench->store->journal.fd), &text);
}

/* The call fails, and the store goes on in the journal that it has. */
static void rewrite_fails(struct bench *bench, const char *call, unsigned int n, int error) {
    uint64_t before = journal_bytes(bench);

    bench->store->rewrite.retry_at = 0; /* the last failure is long ago */
    calls_fail(call, n, error);
    step_to_the_end(bench);
    assert_true(calls_end());
    assert_int_equal(journal_bytes(bench), before);
    assert_int_equal(inode_of(bench->beside), 0);
    assert_kept(bench);
}

/* And then it is tried again, and goes. */
static void rewrite_goes(struct bench *bench) {
    bench->store->rewrite.retry_at = 0;
    step_to_the_end(bench);
    assert_true(journal_bytes(bench) < REWRITE_MIN_BYTES / 2);
    assert_kept(bench);
}

static void a_file_that_cannot_be_written_anew_stays(void **state) {
    struct bench *bench = *state;

    rewrite_fails(bench, "flock", 1, EWOULDBLOCK);
    rewrite_fails(bench, "getrandom", 1, ENOSYS);
    rewrite_fails(bench, "pwrite", 1, EIO);    /* the head */
    rewrite_fails(bench, "pwrite", 2, EIO);    /* what is copied */
    rewrite_fails(bench, "pwrite", 3, EIO);    /* the mark at its end */
    rewrite_fails(bench, "fdatasync", 1, EIO); /* of the head */
    rewrite_fails(bench, "fdatasync", 2, EIO); /* of all of it, by the thread */
    rewrite_fails(bench, "fdatasync", 3, EIO); /* of the mark */
    rewrite_fails(bench, "rename", 1, EIO);
    rewrite_goes(bench);
}

static void a_memfd_that_cannot_be_written_anew_stays(void **state) {
    struct bench *bench = *state;

    rewrite_fails(bench, "ftruncate", 1, EIO); /* the spare one is not emptied */
    rewrite_fails(bench, "pwrite", 1, EIO);
    assert_int_equal(size_of(bench->memfds[1]), 0); /* it is given back empty */
    rewrite_fails(bench, "pwrite", 2, EIO);
    assert_int_equal(size_of(bench->memfds[1]), 0);
    rewrite_goes(bench);
    assert_int_equal(size_of(bench->memfds[0]), 0);
}

/* Without a thread the clients wait, and all else is the same. */
static void without_a_thread_it_is_written_anew(void **state) {
    struct bench *bench = *state;

    bench->store->rewrite.retry_at = 0;
    calls_fail("pthread_create", 1, EAGAIN);
    step_to_the_end(bench);
    assert_true(calls_end());
    assert_true(journal_bytes(bench) < REWRITE_MIN_BYTES / 2);
    assert_kept(bench);
}

/* The old memfd keeps its bytes, and is still where the next journal goes. */
static void an_old_memfd_that_is_not_emptied_is_used_again(void **state) {
    struct bench *bench = *state;

    calls_fail("ftruncate", 2, EIO); /* the first one is of the spare memfd, at the beginning */
    step_to_the_end(bench);
    assert_true(calls_end());
    assert_true(journal_bytes(bench) < REWRITE_MIN_BYTES / 2);
    assert_true(size_of(bench->memfds[0]) > REWRITE_MIN_BYTES);
    assert_kept(bench);
    grow(bench);
    rewrite_goes(bench);
    assert_int_equal(size_of(bench->memfds[0]), journal_bytes(bench));
}

static void a_path_that_is_too_long_has_no_file_beside_it(void **state) {
    struct bench *bench = *state;
    char path[PATH_MAX];
    uint64_t before = journal_bytes(bench);

    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    rewrite_set_path(&bench->store->rewrite, path);
    step_to_the_end(bench);
    assert_int_equal(journal_bytes(bench), before);
    assert_kept(bench);
    rewrite_set_path(&bench->store->rewrite, bench->path);
    rewrite_goes(bench);
}

int main(void) {
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, setup_grown_file, teardown)
#define ON_MEMFDS(test) cmocka_unit_test_setup_teardown(test, setup_grown_memfds, teardown)
    const struct CMUnitTest tests[] = {
            ON_FILE(a_file_that_cannot_be_written_anew_stays),
            ON_MEMFDS(a_memfd_that_cannot_be_written_anew_stays),
            ON_FILE(without_a_thread_it_is_written_anew),
            ON_MEMFDS(an_old_memfd_that_is_not_emptied_is_used_again),
            ON_FILE(a_path_that_is_too_long_has_no_file_beside_it),
    };

    return cmocka_run_group_tests_name("rewrite_errors", tests, NULL, NULL);
}

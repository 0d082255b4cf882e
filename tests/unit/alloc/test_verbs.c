/*
 * Each verb of the broker, and opening store and broker, with the n-th allocation failing, n = 1,
 * 2, ... until none does: in memory, and in a sealed file. Whatever fails, nothing of it happened:
 * all that can be read is as before, and the same verb does the same once there is memory.
 */
#include <fcntl.h>
#include <unistd.h>

#include "allocation.h"
#include "support/test.h"
#include "verbs.h"

#define FAILURES_MAX 20000
#define VERBS_MAX 64

static int in_a_turn(struct bench *bench, const struct verb *verb, struct buffer *said) {
    int error;
    int committed;

    if (verb->begins_turns) {
        return verb->run(bench, said);
    }
    broker_begin_turn(bench->broker);
    error = verb->run(bench, said);
    committed = broker_commit(bench->broker);
    return error != 0 ? error : committed;
}

static void set_up(struct bench *bench, const struct verb *verb, bool is_sealed) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;

    bench_set_up(bench, is_sealed, verb->on_machine_clock);
    if (verb->finds_matches) {
        broker_begin_turn(bench->broker);
        assert_int_equal(bench_match(bench, &said), 0);
        assert_int_equal(broker_commit(bench->broker), 0);
    }
}

/* What it says and leaves behind when nothing fails. */
static void without_failure(const struct verb *verb, bool is_sealed, struct buffer *ret_said,
        struct buffer *ret_after) {
    struct bench bench;

    set_up(&bench, verb, is_sealed);
    assert_int_equal(in_a_turn(&bench, verb, ret_said), 0);
    bench_look(&bench, ret_after);
    bench_tear_down(&bench);
}

static void assert_same(const struct buffer *got, const struct buffer *wanted) {
    assert_int_equal(buffer_finish(got), 0);
    assert_int_equal(got->len, wanted->len);
    assert_memory_equal(got->data, wanted->data, got->len);
}

/* Whether the n-th allocation came. */
static bool with_failure(const struct verb *verb, bool is_sealed, size_t n,
        const struct buffer *wanted_said, const struct buffer *wanted_after) {
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    struct bench bench;
    bool came;
    int error;

    set_up(&bench, verb, is_sealed);
    bench_look(&bench, &before);
    allocation_fail_at(n);
    error = in_a_turn(&bench, verb, &said);
    came = allocation_stop();
    assert_true(error <= 0);
    assert_true(came || error == 0);
    if (bench.broker == NULL || error != 0) {
        if (bench.broker == NULL) {
            bench_close(&bench);
            bench_machine_ms = BENCH_MACHINE_MS; /* nothing is due yet */
            assert_int_equal(bench_open(&bench), 0);
        }
        bench_look(&bench, &after);
        assert_same(&after, &before);
        buffer_deinit(&said);
        assert_int_equal(in_a_turn(&bench, verb, &said), 0);
    } else if (said.broken) {
        buffer_deinit(&said); /* it is the test's own buffer that found no memory */
        buffer_append_span(&said, buffer_span(wanted_said));
    }
    assert_same(&said, wanted_said);
    buffer_clear(&after);
    bench_look(&bench, &after);
    assert_same(&after, wanted_after);
    bench_tear_down(&bench);
    return came;
}

static size_t one_after_another(const struct verb *verb, bool is_sealed) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    size_t n = 1;

    without_failure(verb, is_sealed, &said, &after);
    while (with_failure(verb, is_sealed, n, &said, &after)) {
        assert_true(++n < FAILURES_MAX);
    }
    return n - 1;
}

/* Twice: what the first time leaves behind are the libraries' caches, the second is a leak. */
static void under_failures(const struct verb *verb, bool is_sealed) {
    size_t count = one_after_another(verb, is_sealed);
    size_t live = allocation_live();

    assert_true(count > 0 || verb->asks_for_none);
    (void)one_after_another(verb, is_sealed); /* it may be fewer */
    assert_int_equal(allocation_live(), live);
    print_message("# %zu allocations%s\n", count, is_sealed ? ", sealed" : "");
}

static void verb_is_done_or_not(void **state) {
    under_failures(*state, false);
    under_failures(*state, true);
}

/* What the libraries keep for good, they have then: libcrypto its last 16 errors. */
static int warm_up(void **state) {
    for (int i = 0; i < 16; i++) {
        (void)one_after_another(&verbs[0], true); /* how many is no matter */
    }
    return 0;
}

int main(void) {
    struct CMUnitTest tests[VERBS_MAX] = {0};
    size_t count = 0;
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (; verbs[count].name != NULL; count++) {
        assert_true(count < VERBS_MAX);
        tests[count].name = verbs[count].name;
        tests[count].test_func = verb_is_done_or_not;
        tests[count].initial_state = (void *)&verbs[count]; /* which nobody changes */
    }
    (void)dup2(quiet, STDERR_FILENO); /* each failure is logged, thousands of times */
    (void)close(quiet);
    return _cmocka_run_group_tests("allocation", tests, count, warm_up, NULL);
}

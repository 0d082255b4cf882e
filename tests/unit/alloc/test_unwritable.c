/*
 * Each verb of the broker on a store whose journal somebody has cut, so that no turn can be
 * written: a verb that changes something fails, and nothing of it happened; one that only reads
 * succeeds.
 */
#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"
#include "verbs.h"

#define VERBS_MAX 64

static void cut_journal(struct bench *bench) {
    assert_int_equal(ftruncate(bench->fd, 1), 0);
}

static void set_up(struct bench *bench, const struct verb *verb) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;

    bench_set_up(bench, false, verb->on_machine_clock);
    if (verb->finds_matches) {
        broker_begin_turn(bench->broker);
        assert_int_equal(bench_match(bench, &said), 0);
        assert_int_equal(broker_commit(bench->broker), 0);
    }
}

static int in_a_turn(struct bench *bench, const struct verb *verb) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    int error;

    if (verb->begins_turns) {
        return verb->run(bench, &said);
    }
    broker_begin_turn(bench->broker);
    error = verb->run(bench, &said);
    assert_int_equal(broker_commit(bench->broker), 0); /* no turn of the store was begun */
    return error;
}

static void assert_same(const struct buffer *got, const struct buffer *wanted) {
    assert_int_equal(got->len, wanted->len);
    assert_memory_equal(got->data, wanted->data, got->len);
}

static void verb_changes_nothing(void **state) {
    const struct verb *verb = *state;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    struct bench bench;
    int error;

    set_up(&bench, verb);
    bench_look(&bench, &before);
    cut_journal(&bench);
    error = in_a_turn(&bench, verb);
    if (verb->writes_nothing) {
        assert_int_equal(error, 0);
    } else {
        assert_int_not_equal(error, 0);
        bench_machine_ms = BENCH_MACHINE_MS; /* nothing is due */
        bench_look(&bench, &after);
        assert_same(&after, &before);
    }
    bench_tear_down(&bench);
}

/* What fell due while the daemon was stopped cannot be kept. */
static void broker_does_not_start(void **state) {
    const struct broker_options options = {.value_max_bytes = 4096, .keep_versions = 3};
    struct bench bench;

    bench_set_up(&bench, false, true);
    bench.broker = broker_free(bench.broker);
    cut_journal(&bench);
    bench_machine_ms += 200000;
    assert_int_equal(broker_new(bench.store, &options, &bench.broker), GK_E_STORE_CUT);
    assert_null(bench.broker);
    bench_tear_down(&bench);
}

/* The clock that was kept last stays. */
static void broker_stops(void **state) {
    STATE_AUTO struct state before = STATE_NULL;
    STATE_AUTO struct state after = STATE_NULL;
    struct bench bench;

    bench_set_up(&bench, false, true);
    assert_int_equal(store_get_state(bench.store, &before), 0);
    cut_journal(&bench);
    bench_machine_ms += 1000;
    broker_stop(bench.broker);
    assert_int_equal(store_get_state(bench.store, &after), 0);
    assert_int_equal(after.now, before.now);
    bench_tear_down(&bench);
}

int main(void) {
    struct CMUnitTest tests[VERBS_MAX + 2] = {
            cmocka_unit_test(broker_does_not_start),
            cmocka_unit_test(broker_stops),
    };
    size_t count = 2;
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (verb->reopens) {
            continue; /* a journal that was cut is not loaded: tests/unit/store */
        }
        assert_true(count < VERBS_MAX + 2);
        tests[count].name = verb->name;
        tests[count].test_func = verb_changes_nothing;
        tests[count].initial_state = (void *)verb; /* which nobody changes */
        count += 1;
    }
    (void)dup2(quiet, STDERR_FILENO); /* each failure is logged */
    (void)close(quiet);
    return _cmocka_run_group_tests("unwritable", tests, count, NULL, NULL);
}

#include <unistd.h>

#include "common/cleanup.h"
#include "store/state.h"
#include "store/store_tables.h"
#include "support/test.h"

/* What the service manager keeps during each test; -1: nothing yet. */
static int memory = -1;

static int set_up(void **state) {
    memory = -1;
    return 0;
}

static bool keep(int fd) {
    memory = memory < 0 ? dup(fd) : memory; /* the second one is not needed here */
    return true;
}

/* As a start of the daemon does it. */
static int open_home(
        const struct state_options *options, struct state_home *ret_home, struct problem *problem) {
    GK_AUTO_CLOSE int kept = memory < 0 ? -1 : dup(memory);
    int error = state_open(options, &kept, 1, ret_home, problem);

    if (error != 0) {
        return error;
    }
    error = state_publish(NULL, ret_home, problem);
    return error != 0 ? error : state_park(ret_home, keep);
}

static int tear_down(void **state) {
    memory = gk_close(memory);
    return 0;
}

static int open_with(const struct state_options *options, struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;

    return open_home(options, &home, problem);
}

/* What a state that is opened with options then holds. The caller owns it. */
static struct state opened(const struct state_options *options) {
    struct problem problem = PROBLEM_NULL;
    struct state kept = STATE_NULL;
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;

    assert_int_equal(open_home(options, &home, &problem), 0);
    assert_int_equal(store_get_state(home.store, &kept), 0);
    return kept;
}

static const struct state_options anything = {0};
static const struct state_options seeded = {.has_seed = true, .seed = {"tomato", 6}};
static const struct state_options system_clock = {.has_clock = true, .clock_kind = CLOCK_SYSTEM};
static const struct state_options virtual_clock = {
        .has_clock = true, .clock_kind = CLOCK_VIRTUAL, .clock_start = 1000};

static void a_new_state_draws_a_seed_once(void **state) {
    STATE_AUTO struct state first = opened(&anything);
    STATE_AUTO struct state again = opened(&anything);
    STATE_AUTO struct state other = STATE_NULL;

    assert_int_equal(first.clock_kind, CLOCK_SYSTEM);
    assert_int_equal(first.seed.len, 32);
    assert_true(span_equals(buffer_span(&first.seed), buffer_span(&again.seed)));
    tear_down(state);
    assert_int_equal(set_up(state), 0);
    other = opened(&anything);
    assert_false(span_equals(buffer_span(&first.seed), buffer_span(&other.seed)));
}

static void a_new_state_is_made_as_asked(void **state) {
    struct state_options options = virtual_clock;
    STATE_AUTO struct state made = STATE_NULL;

    options.has_seed = true;
    options.seed = seeded.seed;
    made = opened(&options);
    assert_true(span_is(buffer_span(&made.seed), "tomato"));
    assert_int_equal(made.clock_kind, CLOCK_VIRTUAL);
    assert_int_equal(made.now, 1000);
}

static void a_kept_state_takes_only_its_own_seed(void **state) {
    struct state_options other = seeded;
    struct problem problem = PROBLEM_NULL;

    assert_int_equal(open_with(&seeded, &problem), 0);
    assert_int_equal(open_with(&seeded, &problem), 0);
    assert_int_equal(open_with(&anything, &problem), 0);
    other.seed = SPAN_LITERAL("potato");
    assert_int_equal(open_with(&other, &problem), GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "--seed"));
    assert_null(strstr(problem.detail, "tomato"));
    assert_null(strstr(problem.detail, "potato"));
    assert_int_equal(open_with(&seeded, &problem), 0); /* the refusal changed nothing */
}

static void a_kept_state_takes_only_its_own_kind_of_clock(void **state) {
    struct state_options later = virtual_clock;
    struct problem problem = PROBLEM_NULL;
    STATE_AUTO struct state kept = STATE_NULL;

    assert_int_equal(open_with(&virtual_clock, &problem), 0);
    assert_int_equal(open_with(&system_clock, &problem), GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "--clock"));
    assert_non_null(strstr(problem.detail, "'virtual'"));
    later.clock_start = 2000; /* where it starts counts for a new state only */
    kept = opened(&later);
    assert_int_equal(kept.now, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(a_new_state_draws_a_seed_once, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_new_state_is_made_as_asked, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_kept_state_takes_only_its_own_seed, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_kept_state_takes_only_its_own_kind_of_clock, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}

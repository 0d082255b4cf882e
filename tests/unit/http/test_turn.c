/* What a turn counts as time in which the daemon was busy (contract, section 4). */
#include <time.h>

#include "api/ghostkey/api.h"
#include "http/api.h"
#include "http/turn.h"
#include "support/broker_fixture.h"
#include "support/test.h"

#define NS_PER_S 1000000000
#define TURN_NS 30000000
#define WORK_NS 7000000

/* A loop and a turn in it, on a broker whose clock is virtual. */
struct place {
    struct fixture *fixture;
    h2o_globalconf_t config;
    h2o_context_t context;
    struct api_context api_context;
    struct audit audit;
    struct turn turn;
};

static uint64_t machine_ns; /* moves only by what a test and the store's work take */
static int works;           /* how often the store worked */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_broker_idle(struct broker *broker, bool is_quiet);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now) {
    *ret_now = (struct timespec){
            .tv_sec = (time_t)(machine_ns / NS_PER_S), .tv_nsec = (long)(machine_ns % NS_PER_S)};
    return 0;
}

int __wrap_broker_idle(struct broker *broker, bool is_quiet) {
    machine_ns += WORK_NS;
    works += 1;
    return -1; /* there is no more */
}

static int set_up(void **state) {
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    machine_ns = NS_PER_S;
    works = 0;
    assert_int_equal(fixture_setup((void **)&place->fixture), 0);
    h2o_config_init(&place->config);
    (void)h2o_config_register_host(&place->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_context_init(&place->context, h2o_evloop_create(), &place->config);
    place->audit = AUDIT_NULL;
    place->audit.form = &ghostkey_event_form;
    place->api_context.broker = place->fixture->broker;
    assert_int_equal(
            turn_init(&place->turn, &place->context, &place->api_context, &place->audit), 0);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    h2o_multithread_queue_t *queue = place->context.queue;

    turn_deinit(&place->turn);
    h2o_context_dispose(&place->context);
    free(queue); /* h2o 2.2 forgets it */
    h2o_config_dispose(&place->config);
    h2o_evloop_destroy(place->context.loop);
    audit_deinit(&place->audit);
    (void)fixture_teardown((void **)&place->fixture);
    free(place);
    return 0;
}

static void end_of_turn(struct place *place) {
    assert_int_equal(h2o_evloop_run(place->context.loop, 0), 0);
}

static void turn_is_counted_from_its_first_request_on(void **state) {
    struct place *place = *state;

    turn_begin(&place->turn);
    machine_ns += TURN_NS / 2;
    turn_begin(&place->turn);
    machine_ns += TURN_NS / 2;
    end_of_turn(place);
    assert_int_equal(works, 0);
    assert_int_equal(place->turn.busy_ns, TURN_NS);
}

static void work_of_the_store_within_a_turn_is_counted_once(void **state) {
    struct place *place = *state;

    turn_begin(&place->turn);
    place->turn.changed = true;
    machine_ns += TURN_NS;
    end_of_turn(place);
    assert_int_equal(works, 1);
    assert_int_equal(place->turn.busy_ns, TURN_NS + WORK_NS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    turn_is_counted_from_its_first_request_on, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    work_of_the_store_within_a_turn_is_counted_once, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

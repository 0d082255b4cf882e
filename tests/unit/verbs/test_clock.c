#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "broker/clock.h"
#include "common/cleanup.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static int set(struct fixture *fixture, instant to) {
    struct advance advance;
    int error;

    broker_begin_turn(fixture->broker);
    error = broker_set_clock(fixture->broker, to, &advance, &fixture->problem);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return error;
}

static void a_virtual_clock_stands_until_it_is_moved(void **state) {
    struct fixture *fixture = *state;

    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT);
    assert_int_equal(set(fixture, INSTANT_VIRTUAL_DEFAULT + 1), 0);
    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT + 1);
    assert_int_equal(set(fixture, INSTANT_VIRTUAL_DEFAULT), GK_E_BAD_REQUEST);
    assert_int_equal(set(fixture, INSTANT_CEILING + 1), GK_E_BAD_REQUEST);
    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT + 1);
}

static void the_clock_goes_on_where_it_stood(void **state) {
    struct fixture *fixture = *state;

    (void)fixture_advance(fixture, 77);
    fixture_restart(fixture, FIXTURE_OPTIONS);
    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT + 77000);
}

static void a_huge_step_is_refused_before_anything_moves(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "x");
    struct advance advance;

    definition.ttl_s = 1;
    definition.policy =
            (struct policy_change){.given = true, .has_on_expiry = true, .on_expiry = true};
    fixture_put(fixture, definition);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_advance(fixture->broker, 1000001, &advance, &fixture->problem),
            GK_E_BAD_REQUEST);
    assert_int_equal(broker_advance(fixture->broker, INT64_MAX, &advance, &fixture->problem),
            GK_E_BAD_REQUEST);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT);
}

/* The same bytes, whatever the steps: secrets, versions, events. */
static char *dump(struct fixture *fixture) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    char *events = fixture_events(fixture);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_int_equal(fixture_get(fixture, "a", &secret), 0);
    (void)fprintf(out, "%s%.*s %lld %llu\n", events, SPAN_ARGS(secret.current.value),
            (long long)secret.current.made_at, (unsigned long long)secret.revision);
    (void)fclose(out);
    free(events);
    return text;
}

static void two_steps_leave_what_one_leaves(void **state) {
    struct definition definition = definition_of("a", "x");
    struct fixture other;
    struct broker_options options = FIXTURE_OPTIONS;
    char *one;
    char *two;

    definition.ttl_s = 7;
    definition.policy =
            (struct policy_change){.given = true, .has_on_expiry = true, .on_expiry = true};
    fixture_open(&other, CLOCK_VIRTUAL);
    assert_int_equal(broker_new(other.store, &options, &other.broker), 0);
    fixture_put(*state, definition);
    fixture_put(&other, definition);
    (void)fixture_advance(*state, 100);
    (void)fixture_advance(&other, 41);
    (void)fixture_advance(&other, 59);
    one = dump(*state);
    two = dump(&other);
    assert_string_equal(one, two);
    free(one);
    free(two);
    fixture_close(&other);
}

/* One secret alone in the index of what is due: moving it must not use up a page each time. */
static void a_long_advance_costs_no_memory_to_speak_of(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "x");
    struct stat stat;

    definition.ttl_s = 1;
    definition.policy =
            (struct policy_change){.given = true, .has_on_expiry = true, .on_expiry = true};
    fixture_put(fixture, definition);
    assert_int_equal(fixture_advance(fixture, 20000).rotated, 20000);
    assert_int_equal(fstat(fixture->fd, &stat), 0);
    assert_true(stat.st_size >= 1 && stat.st_size <= 8 * 1024 * 1024);
}

static void instants_before_1970_order_as_instants_do(void **state) {
    const instant start = INT64_C(-157766400000); /* 1965 */
    struct broker_options options = FIXTURE_OPTIONS;
    struct definition definition = definition_of("soon", "x");
    struct fixture fixture;
    char *events;

    fixture_open(&fixture, CLOCK_VIRTUAL);
    assert_int_equal(store_open_turn(fixture.store), 0);
    assert_int_equal(store_put_clock(fixture.store, start), 0);
    assert_int_equal(store_commit(fixture.store), 0);
    assert_int_equal(broker_new(fixture.store, &options, &fixture.broker), 0);
    definition.ttl_s = 60;
    fixture_put(&fixture, definition);
    definition.name = SPAN_LITERAL("late");
    definition.ttl_s = 315360000;
    fixture_put(&fixture, definition);
    assert_int_equal(fixture_advance(&fixture, 3600).expired, 1);
    assert_int_equal(fixture_advance(&fixture, 315360000).expired, 1);
    events = fixture_events(&fixture);
    assert_string_equal(events, "1 created put soon 1\n2 created put late 1\n"
                                "3 expired expiry soon 1\n4 expired expiry late 1\n");
    free(events);
    fixture_close(&fixture);
}

static void the_system_clock_never_goes_back(void **state) {
    instant future = INT64_C(4102444800000); /* 2100 */
    struct clock clock;

    clock_init(&clock, CLOCK_SYSTEM, future);
    assert_true(clock_look(&clock) >= future);
    assert_true(clock_ahead_ms(&clock) > future - ((instant)time(NULL) + 5) * 1000);
    assert_true(clock_move(&clock, future - 1) == future);
    assert_true(clock_is_ahead(&clock));
    clock_init(&clock, CLOCK_SYSTEM, 0);
    assert_true(clock_look(&clock) / 1000 <= (instant)time(NULL) + 1); /* a coarse clock */
    assert_true(clock_look(&clock) / 1000 >= (instant)time(NULL) - 5);
    assert_true(clock_ahead_ms(&clock) == 0);
}

static void the_system_clock_cannot_be_moved(void **state) {
    struct broker_options options = FIXTURE_OPTIONS;
    struct fixture fixture;

    fixture_open(&fixture, CLOCK_SYSTEM);
    assert_int_equal(broker_new(fixture.store, &options, &fixture.broker), 0);
    assert_int_equal(set(&fixture, INSTANT_CEILING), GK_E_CLOCK_KIND);
    fixture_close(&fixture);
}

/* What fell due while nobody ran fires once, at the start, however often it was due meanwhile. */
static void what_fell_due_meanwhile_fires_once_at_the_start(void **state) {
    struct secret secret = {.name = SPAN_LITERAL("a"),
            .current.value = SPAN_LITERAL("x"),
            .current.number = 1,
            .newest = 1,
            .revision = 1,
            .current.made_at = INSTANT_VIRTUAL_DEFAULT,
            .in_force_at = INSTANT_VIRTUAL_DEFAULT,
            .ttl_s = 60,
            .armed = true,
            .policy = {.strategy = SPAN_LITERAL("token"), .on_expiry = true}};
    struct broker_options options = FIXTURE_OPTIONS;
    SECRET_AUTO struct secret after = SECRET_NULL;
    struct fixture fixture;
    char *events;

    fixture_open(&fixture, CLOCK_SYSTEM);
    assert_int_equal(store_open_turn(fixture.store), 0);
    assert_int_equal(store_put_secret(fixture.store, &secret), 0);
    assert_int_equal(store_commit(fixture.store), 0);
    assert_int_equal(broker_new(fixture.store, &options, &fixture.broker), 0);
    events = fixture_events(&fixture);
    assert_string_equal(events, "1 rotated expiry a 2\n");
    free(events);
    assert_int_equal(fixture_get(&fixture, "a", &after), 0);
    assert_true(after.current.made_at > INSTANT_VIRTUAL_DEFAULT + 60000);
    fixture_close(&fixture);
}

static bool rings(int fd, int within_ms) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, within_ms) == 1;
}

static void the_alarm_rings_at_its_instant_and_not_else(void **state) {
    GK_AUTO_CLOSE int fd = clock_alarm_new();
    struct clock clock;

    assert_true(fd >= 0);
    clock_init(&clock, CLOCK_SYSTEM, 0);
    assert_int_equal(clock_alarm_set(fd, INT64_MAX), 0);
    assert_false(rings(fd, 0));
    assert_int_equal(clock_alarm_set(fd, clock_look(&clock) + 20), 0);
    assert_false(rings(fd, 0));
    assert_true(rings(fd, 10000));
    assert_int_equal(clock_alarm_set(fd, INT64_MAX), 0);
    assert_false(rings(fd, 0));
    assert_int_equal(clock_alarm_set(fd, 0), 0);
    assert_true(rings(fd, 10000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_virtual_clock_stands_until_it_is_moved),
            TEST(the_clock_goes_on_where_it_stood),
            TEST(a_huge_step_is_refused_before_anything_moves),
            TEST(two_steps_leave_what_one_leaves),
            TEST(a_long_advance_costs_no_memory_to_speak_of),
            cmocka_unit_test(instants_before_1970_order_as_instants_do),
            cmocka_unit_test(the_system_clock_never_goes_back),
            cmocka_unit_test(the_system_clock_cannot_be_moved),
            cmocka_unit_test(what_fell_due_meanwhile_fires_once_at_the_start),
            cmocka_unit_test(the_alarm_rings_at_its_instant_and_not_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

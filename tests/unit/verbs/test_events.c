#include <errno.h>
#include <stdio.h>

#include "support/broker_fixture.h"
#include "support/test.h"

#define NAME_BYTES 16

struct noted {
    uint64_t seq;
    char name[NAME_BYTES];
    size_t count;
};

static void add_listed(void *userdata, const struct event *event) {
    struct noted *listed = userdata;

    assert_int_equal(event->seq, listed->seq + 1);
    listed->seq = event->seq;
    listed->count += 1;
    (void)snprintf(listed->name, sizeof(listed->name), "%.*s", SPAN_ARGS(event->name));
}

/* Those past `after`; each follows the one before. */
static struct noted events_past(struct fixture *fixture, uint64_t after, size_t limit) {
    struct noted listed = {.seq = after};

    assert_int_equal(broker_events(fixture->broker, after, limit, add_listed, &listed), 0);
    return listed;
}

static void put(struct fixture *fixture, const char *name) {
    fixture_put(fixture, definition_of(name, "value"));
}

static void the_last_events_are_those_of_the_turn(void **state) {
    struct noted listed;

    put(*state, "a");
    put(*state, "b");
    listed = events_past(*state, 1, 10);
    assert_int_equal(listed.count, 1);
    assert_string_equal(listed.name, "b");
    assert_int_equal(events_past(*state, 0, 1).count, 1);
    assert_int_equal(events_past(*state, 2, 10).count, 0);
    assert_int_equal(events_past(*state, 7, 10).count, 0);
}

static void an_event_waits_for_its_commit(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "value");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_put(fixture->broker, &definition, &secret, &fixture->problem), 0);
    assert_int_equal(events_past(fixture, 0, 10).count, 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_int_equal(events_past(fixture, 0, 10).count, 1);
}

/* Another broker has none of the events in memory. */
static void an_event_that_waits_is_not_read_from_the_store(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("b", "value");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put(fixture, "a");
    fixture_restart(fixture, FIXTURE_OPTIONS);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_put(fixture->broker, &definition, &secret, &fixture->problem), 0);
    assert_string_equal(events_past(fixture, 0, 10).name, "a");
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_string_equal(events_past(fixture, 0, 10).name, "b");
}

static void an_event_that_was_not_committed_is_never_listed(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("lost", "value");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_put(fixture->broker, &definition, &secret, &fixture->problem), 0);
    broker_void(fixture->broker, -EIO);
    assert_int_not_equal(broker_commit(fixture->broker), 0);
    assert_int_equal(events_past(fixture, 0, 10).count, 0);
    put(fixture, "kept"); /* with the number that the lost one had */
    assert_string_equal(events_past(fixture, 0, 10).name, "kept");
}

static void more_events_than_are_in_memory_come_in_order(void **state) {
    char name[NAME_BYTES];

    for (int at = 1; at <= 200; at++) {
        (void)snprintf(name, sizeof(name), "n%d", at);
        put(*state, name);
    }
    assert_int_equal(events_past(*state, 0, 1000).count, 200);
    assert_string_equal(events_past(*state, 0, 1000).name, "n200");
    assert_string_equal(events_past(*state, 0, 5).name, "n5");
    assert_string_equal(events_past(*state, 130, 10).name, "n140");
    assert_string_equal(events_past(*state, 190, 5).name, "n195");
}

static void another_broker_reads_them_from_the_store(void **state) {
    put(*state, "a");
    fixture_restart(*state, FIXTURE_OPTIONS);
    assert_string_equal(events_past(*state, 0, 10).name, "a");
}

struct range {
    uint64_t first; /* seq */
    uint64_t count;
};

static void add_to_range(void *userdata, const struct event *event) {
    struct range *range = userdata;

    if (range->count == 0) {
        range->first = event->seq;
    }
    range->count += 1;
}

static void assert_held(struct fixture *fixture, uint64_t first, uint64_t count) {
    struct range held = {0};

    assert_int_equal(broker_held_events(fixture->broker, 0, SIZE_MAX, add_to_range, &held), 0);
    assert_int_equal(held.first, first);
    assert_int_equal(held.count, count);
}

/* A log gets every event that it has not released; clients get only the newest ones. */
static void events_are_held_until_they_are_released(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "x");
    struct range listed = {0};

    definition.ttl_s = 1;
    definition.policy =
            (struct policy_change){.given = true, .has_on_expiry = true, .on_expiry = true};
    fixture_put(fixture, definition);
    broker_release_events(fixture->broker, 1);
    (void)fixture_advance(fixture, GK_EVENTS_KEPT + 500);
    assert_held(fixture, 2, GK_EVENTS_KEPT + 500);
    assert_int_equal(broker_events(fixture->broker, 0, SIZE_MAX, add_to_range, &listed), 0);
    assert_int_equal(listed.first, 502);
    assert_int_equal(listed.count, GK_EVENTS_KEPT);
    assert_int_equal(broker_commit(fixture->broker), 0);
    broker_release_events(fixture->broker, UINT64_MAX);
    assert_held(fixture, 502, GK_EVENTS_KEPT);
}

static void check_reason(void *userdata, const struct event *event) {
    assert_span_is(event->reason, "the value would be larger than the largest allowed");
    *(size_t *)userdata += 1;
}

static void a_failure_keeps_its_reason(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "value");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct broker_options options = {.value_max_bytes = 8, .keep_versions = 3};
    size_t count = 0;

    definition.policy.given = true;
    definition.policy.strategy = SPAN_LITERAL("hex");
    fixture_put(fixture, definition);
    fixture_restart(fixture, options);
    broker_begin_turn(fixture->broker);
    assert_int_not_equal(
            broker_rotate(fixture->broker, span_of("a"), false, &secret, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_int_equal(broker_events(fixture->broker, 1, 1, check_reason, &count), 0);
    fixture_restart(fixture, options); /* now it is read from the store */
    assert_int_equal(broker_events(fixture->broker, 1, 1, check_reason, &count), 0);
    assert_int_equal(count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(the_last_events_are_those_of_the_turn),
            TEST(an_event_waits_for_its_commit),
            TEST(an_event_that_waits_is_not_read_from_the_store),
            TEST(an_event_that_was_not_committed_is_never_listed),
            TEST(more_events_than_are_in_memory_come_in_order),
            TEST(another_broker_reads_them_from_the_store),
            TEST(events_are_held_until_they_are_released),
            TEST(a_failure_keeps_its_reason),
    };

    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}

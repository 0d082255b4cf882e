#include "support/broker_fixture.h"
#include "support/test.h"
#include <errno.h>
#include <stdio.h>

#define NAME_BYTES 16

struct told {
    uint64_t seq;
    char name[NAME_BYTES];
    size_t count;
};

static void tell(void *userdata, const struct event *event) {
    struct told *told = userdata;

    assert_int_equal(event->seq, told->seq + 1);
    told->seq = event->seq;
    told->count += 1;
    (void)snprintf(told->name, sizeof(told->name), "%.*s", SPAN_ARGS(event->name));
}

/* Those past `after`; each follows the one before. */
static struct told events_past(struct fixture *fixture, uint64_t after, size_t limit) {
    struct told told = {.seq = after};

    assert_int_equal(broker_events(fixture->broker, after, limit, tell, &told), 0);
    return told;
}

static void put(struct fixture *fixture, const char *name) {
    fixture_put(fixture, definition_of(name, "value"));
}

static void the_last_events_are_those_of_the_turn(void **state) {
    struct told told;

    put(*state, "a");
    put(*state, "b");
    told = events_past(*state, 1, 10);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.name, "b");
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

static void what_failed_to_commit_is_never_told(void **state) {
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

static void take_reason(void *userdata, const struct event *event) {
    *(size_t *)userdata = event->reason.len;
}

static void a_failure_keeps_its_reason(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "value");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    size_t len = 0;

    definition.policy.given = true;
    definition.policy.strategy = SPAN_LITERAL("hex");
    fixture_put(fixture, definition);
    fixture_restart(fixture, (struct broker_options){.value_max_bytes = 8, .keep_versions = 3});
    broker_begin_turn(fixture->broker);
    assert_int_not_equal(
            broker_rotate(fixture->broker, span_of("a"), &secret, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_int_equal(broker_events(fixture->broker, 1, 1, take_reason, &len), 0);
    assert_true(len > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(the_last_events_are_those_of_the_turn),
            TEST(an_event_waits_for_its_commit),
            TEST(what_failed_to_commit_is_never_told),
            TEST(more_events_than_are_in_memory_come_in_order),
            TEST(another_broker_reads_them_from_the_store),
            TEST(a_failure_keeps_its_reason),
    };

    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}

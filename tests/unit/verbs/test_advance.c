/* What an advance may cost: counted before anything moves, from what is due alone. */
#include <stdio.h>
#include <time.h>

#include "broker/broker.h"
#include "broker/clock.h"
#include "support/broker_fixture.h"
#include "support/test.h"

#define NS_PER_TICK (1000000000 / CLOCKS_PER_SEC)

#define FIELD "{hex:4096}"
#define FIELD_CHARS 4096
#define TTL_S 60
#define CROWD 20000
#define STEPS 50

/* A secret that rotates on expiry, by a template of so many fields of 4,096 digits. */
static void put_large(struct fixture *fixture, const char *name, uint32_t ttl_s, size_t fields) {
    BUFFER_AUTO struct buffer template = BUFFER_NULL;
    struct definition definition = definition_of(name, "x");

    for (size_t i = 0; i < fields; i++) {
        buffer_append_text(&template, FIELD);
    }
    assert_int_equal(buffer_finish(&template), 0);
    definition.ttl_s = ttl_s;
    definition.policy = (struct policy_change){
            .given = true,
            .strategy = SPAN_LITERAL("template"),
            .has_on_expiry = true,
            .on_expiry = true,
            .parameter_count = 1,
            .parameters = {{"template", {.type = PARAMETER_TEXT, .text = buffer_span(&template)}}},
    };
    fixture_put(fixture, definition);
}

static void allow_large_values(struct fixture *fixture) {
    fixture_restart(fixture,
            (struct broker_options){.value_max_bytes = (size_t)32 << 20, .keep_versions = 2});
}

static void more_than_a_gibibyte_of_new_values_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct advance advance;
    char name[16];

    allow_large_values(fixture);
    for (int i = 0; i < 22; i++) { /* 22 secrets, 2 versions, 25 MB each */
        (void)snprintf(name, sizeof(name), "s%02d", i);
        put_large(fixture, name, TTL_S, 6100);
    }
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_advance(fixture->broker, 2 * TTL_S, &advance, &fixture->problem),
            GK_E_BAD_REQUEST);
    assert_non_null(strstr(fixture->problem.detail, "more than 1 GiB of new values"));
    assert_non_null(strstr(fixture->problem.detail, "a step to 2000-01-01T00:01:00.000Z"));
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT);
}

/* 100,000 values of 400 KB would take minutes; all but two are dropped again, and not made. */
static void values_that_are_dropped_again_are_not_made(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    SECRET_AUTO struct secret older = SECRET_NULL;

    allow_large_values(fixture);
    put_large(fixture, "a", 1, 100);
    assert_int_equal(fixture_advance(fixture, 100000).rotated, 100000);
    assert_int_equal(fixture_get(fixture, "a", &secret), 0);
    assert_int_equal(secret.current.number, 100001);
    assert_int_equal(secret.generation, 100000);
    assert_int_equal(secret.current.value.len, 100 * FIELD_CHARS);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_get_version(
                             fixture->broker, SPAN_LITERAL("a"), 100000, &older, &fixture->problem),
            0);
    assert_int_equal(older.current.value.len, 100 * FIELD_CHARS);
    assert_memory_not_equal(older.current.value.data, secret.current.value.data, FIELD_CHARS);
    assert_int_equal(broker_commit(fixture->broker), 0);
}

/* What fails fires once, however long the clock goes on: it does not count for more. */
static void a_failure_counts_once(void **state) {
    struct fixture *fixture = *state;
    struct advance advance;

    put_large(fixture, "a", 1, 1); /* the fixture allows 64 bytes */
    advance = fixture_advance(fixture, 2000000);
    assert_int_equal(advance.rotated, 0);
    assert_int_equal(advance.expired, 0);
}

/* In time of the processor: other programs that run meanwhile count for nothing. */
static uint64_t cost_of_steps(struct fixture *fixture) {
    clock_t begun = clock();

    for (int i = 0; i < STEPS; i++) {
        (void)fixture_advance(fixture, 1);
    }
    return (uint64_t)(clock() - begun) * NS_PER_TICK;
}

static void what_is_not_due_costs_nothing(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("first", "x");
    char name[16];
    uint64_t alone;
    uint64_t in_a_crowd;

    definition.ttl_s = 86400;
    fixture_put(fixture, definition);
    (void)cost_of_steps(fixture);
    alone = cost_of_steps(fixture);
    for (int i = 0; i < CROWD; i++) {
        (void)snprintf(name, sizeof(name), "s%05d", i);
        definition.name = span_of(name);
        fixture_put(fixture, definition);
    }
    (void)cost_of_steps(fixture);
    in_a_crowd = cost_of_steps(fixture);
    assert_true(in_a_crowd <= 20 * alone + 5000000);
}

static void count_removed(void *userdata, struct span name) {
    uint64_t *count = userdata;

    *count += 1;
}

static bool count_listed(void *userdata, const struct secret *secret) {
    uint64_t *count = userdata;

    *count += 1;
    return true;
}

/* Lists and removes what is expired -> how many were listed. */
static uint64_t list_expired(struct fixture *fixture) {
    const struct listing listing = {.limit = 10, .expired = LISTED_ONLY, .deleted = LISTED_EXCLUDE};
    uint64_t listed = 0;
    uint64_t removed = 0;
    bool more;

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_list(fixture->broker, &listing, count_listed, &listed, &more), 0);
    assert_int_equal(broker_cleanup(fixture->broker, count_removed, &removed), 0);
    assert_int_equal(removed, listed);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return listed;
}

static uint64_t cost_of_lists(struct fixture *fixture) {
    clock_t begun = clock();

    for (int i = 0; i < STEPS; i++) {
        assert_int_equal(list_expired(fixture), 0);
    }
    return (uint64_t)(clock() - begun) * NS_PER_TICK;
}

/* Looking for what is expired does not read what is not. */
static void what_is_not_expired_costs_nothing(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("live", "x");
    char name[16];
    uint64_t alone;

    fixture_put(fixture, definition);
    (void)cost_of_lists(fixture);
    alone = cost_of_lists(fixture);
    for (int i = 0; i < CROWD; i++) {
        (void)snprintf(name, sizeof(name), "s%05d", i);
        definition.name = span_of(name);
        definition.ttl_s = i == CROWD / 2 ? 60 : i % 2 == 0 ? 86400 : 0;
        fixture_put(fixture, definition);
    }
    (void)cost_of_lists(fixture);
    assert_in_range(cost_of_lists(fixture), 0, 20 * alone + 5000000);
    (void)fixture_advance(fixture, 60);
    assert_int_equal(list_expired(fixture), 1);
    assert_int_equal(list_expired(fixture), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(more_than_a_gibibyte_of_new_values_is_refused),
            TEST(values_that_are_dropped_again_are_not_made),
            TEST(a_failure_counts_once),
            TEST(what_is_not_due_costs_nothing),
            TEST(what_is_not_expired_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Versions that are deleted, restored and destroyed; when each ends; how many a secret keeps. */
#include <stdlib.h>

#include "versions_kit.h"

static void versions_are_deleted_restored_and_destroyed_together(void **state) {
    struct fixture *fixture = *state;

    kit_put(fixture, "one", "");
    kit_put(fixture, "two", "");
    kit_put(fixture, "three", "");
    kit_change_versions(fixture, VERSION_DELETE, 1, 9);
    assert_last_event(fixture, "4 updated delete a 3");
    kit_change_versions(fixture, VERSION_DELETE, 1, 1); /* no change, no event */
    kit_change_versions(fixture, VERSION_DESTROY, 2, 3);
    assert_last_event(fixture, "5 updated delete a 3");
    assert_versions(fixture, "1- 2xP 3xC ");
    kit_change_versions(fixture, VERSION_UNDELETE, 1, 2);
    assert_last_event(fixture, "6 restored restore a 3");
    assert_versions(fixture, "1+ 2xP 3xC ");
    fixture_restart(fixture, FIXTURE_OPTIONS);
    assert_versions(fixture, "1+ 2xP 3xC ");
}

/* Nothing that is destroyed is left in the store. */
static void a_destroyed_value_is_gone(void **state) {
    struct fixture *fixture = *state;
    struct version version;

    kit_put(fixture, "one", "");
    kit_put(fixture, "two", "");
    kit_change_versions(fixture, VERSION_DESTROY, 1, 2);
    assert_int_equal(store_get_version(fixture->store, NAME, 1, &version), 0);
    assert_int_equal(version.value.len, 0);
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 1), GK_E_CONFLICT);
    assert_int_equal(kit_set_label(fixture, "x", 2), GK_E_CONFLICT);
}

static void each_version_keeps_when_it_expired(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "one");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct version version;
    instant start = broker_now(fixture->broker);

    definition.ttl_s = 60;
    fixture_put(fixture, definition);
    (void)fixture_advance(fixture, 10);
    fixture_put(fixture, definition_of("a", "two")); /* static */
    kit_put(fixture, "three", "");
    fixture_restart(fixture, FIXTURE_OPTIONS);
    kit_begin(fixture);
    assert_int_equal(broker_get(fixture->broker, NAME, &secret, &fixture->problem), 0);
    assert_int_equal(store_get_version(fixture->store, NAME, 1, &version), 0);
    assert_true(broker_version_ends_at(&secret, &version) == start + 60000);
    assert_int_equal(store_get_version(fixture->store, NAME, 2, &version), 0);
    assert_true(broker_version_ends_at(&secret, &version) == INT64_MAX);
    assert_true(broker_version_ends_at(&secret, &secret.current) == INT64_MAX);
    (void)kit_end(fixture, 0);
}

static uint64_t keeps(const void *userdata, const struct secret *secret) {
    return span_is(secret->name, "a") ? *(const uint64_t *)userdata : 0;
}

/* From now on the number counts, instead of the three of all other secrets. */
static void keep(struct fixture *fixture, const uint64_t *number) {
    struct broker_options options = FIXTURE_OPTIONS;

    options.keeps = keeps;
    options.userdata = number;
    fixture_restart(fixture, options);
}

static void a_secret_may_keep_another_number_of_versions(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "one");
    uint64_t number = 5;

    keep(fixture, &number);
    fixture_put(fixture, definition);
    for (int i = 0; i < 6; i++) {
        kit_put(fixture, "more", "");
    }
    assert_versions(fixture, "3+ 4+ 5+ 6+P 7+C ");
    number = 2;
    assert_versions(fixture, "3+ 4+ 5+ 6+P 7+C "); /* until the next one is made */
    fixture_put(fixture, definition);
    assert_versions(fixture, "7+P 8+C ");
    number = 0; /* as all others */
    fixture_put(fixture, definition);
    kit_put(fixture, "more", "");
    assert_versions(fixture, "8+ 9+P 10+C ");
}

/* An advance makes no value that it drops again, but makes each that the secret keeps. */
static void each_kept_version_has_its_value_after_an_advance(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "one");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    uint64_t number_kept = 3;

    keep(fixture, &number_kept);
    definition.ttl_s = 60;
    definition.policy.given = true;
    definition.policy.has_on_expiry = true;
    definition.policy.on_expiry = true;
    fixture_put(fixture, definition);
    number_kept = 8; /* not yet when the last version was made */
    assert_int_equal(fixture_advance(fixture, 60 * 12).rotated, 12);
    assert_versions(fixture, "6+ 7+ 8+ 9+ 10+ 11+ 12+P 13+C ");
    kit_begin(fixture);
    for (uint64_t number = 6; number <= 13; number++) {
        assert_int_equal(
                broker_get_version(fixture->broker, NAME, number, &secret, &fixture->problem), 0);
        assert_int_equal(secret.current.value.len, 42);
    }
    (void)kit_end(fixture, 0);
}

static void a_secret_is_made_without_a_version(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = {.name = NAME, .value_source = VALUE_NONE, .ttl_s = 60};
    SECRET_AUTO struct secret secret = SECRET_NULL;

    fixture_put(fixture, definition);
    assert_last_event(fixture, "1 created put a 0");
    assert_versions(fixture, "");
    assert_int_equal(fixture_get(fixture, "a", &secret), GK_E_NO_SECRET);
    assert_int_equal(fixture_advance(fixture, 3600).expired, 0);
    kit_begin(fixture);
    assert_int_equal(
            kit_end(fixture, broker_put(fixture->broker, &definition, &secret, &fixture->problem)),
            GK_E_CONFLICT);
    kit_put(fixture, "one", "");
    assert_last_event(fixture, "2 updated put a 1");
    assert_versions(fixture, "1+C ");
}

static void all_below_a_prefix_goes_with_an_event_each(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    instant gone_at;
    char *events;

    fixture_put(fixture, definition_of("team", "x"));
    fixture_put(fixture, definition_of("team/b", "x"));
    fixture_put(fixture, definition_of("team/a", "x"));
    fixture_put(fixture, definition_of("teams/c", "x"));
    kit_begin(fixture);
    assert_int_equal(kit_end(fixture, broker_delete(fixture->broker, span_of("team/b"), NULL, 60,
                                              &gone_at, &fixture->problem)),
            0);
    kit_begin(fixture);
    assert_int_equal(kit_end(fixture, broker_delete_below(fixture->broker, span_of("team/"))), 0);
    events = fixture_events(fixture);
    assert_non_null(strstr(events, "5 deleted delete team/b 1\n6 deleted delete team/a 1\n"
                                   "7 deleted delete team/b 1\n"));
    free(events);
    assert_int_equal(fixture_get(fixture, "team", &secret), 0);
    assert_int_equal(fixture_get(fixture, "teams/c", &secret), 0);
    assert_int_equal(fixture_get(fixture, "team/a", &secret), GK_E_NO_SECRET);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(versions_are_deleted_restored_and_destroyed_together),
            TEST(a_destroyed_value_is_gone),
            TEST(each_version_keeps_when_it_expired),
            TEST(a_secret_may_keep_another_number_of_versions),
            TEST(each_kept_version_has_its_value_after_an_advance),
            TEST(a_secret_is_made_without_a_version),
            TEST(all_below_a_prefix_goes_with_an_event_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/broker_fixture.h"
#include "support/test.h"

static int put(struct fixture *fixture, struct definition *definition, struct secret *ret_secret) {
    int error;

    broker_begin_turn(fixture->broker);
    fixture->problem = PROBLEM_NULL;
    error = broker_put(fixture->broker, definition, ret_secret, &fixture->problem);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return error;
}

static void a_put_makes_version_and_revision_one(void **state) {
    struct definition definition = definition_of("db_pass", "s3cr3t");
    SECRET_AUTO struct secret put_secret = SECRET_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.ttl_s = 60;
    assert_int_equal(put(*state, &definition, &put_secret), 0);
    assert_int_equal(put_secret.current.number, 1);
    assert_int_equal(fixture_get(*state, "db_pass", &secret), 0);
    assert_span_is(secret.current.value, "s3cr3t");
    assert_int_equal(secret.current.number, 1);
    assert_int_equal(secret.revision, 1);
    assert_int_equal(secret.generation, 0);
    assert_true(secret.created_at == INSTANT_VIRTUAL_DEFAULT);
    assert_true(secret_expires_at(&secret) == INSTANT_VIRTUAL_DEFAULT + 60000);
    assert_span_is(secret.policy.strategy, "token");
    assert_false(secret.policy.on_expiry);
}

static void a_second_put_replaces_all_but_the_birth(void **state) {
    struct definition definition = definition_of("a", "one");
    struct label label = {SPAN_LITERAL("team"), SPAN_LITERAL("core")};
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.ttl_s = 60;
    definition.labels[0] = label;
    definition.label_count = 1;
    fixture_put(*state, definition);
    (void)fixture_advance(*state, 10);
    fixture_put(*state, definition_of("a", "two"));
    assert_int_equal(fixture_get(*state, "a", &secret), 0);
    assert_int_equal(secret.current.number, 2);
    assert_int_equal(secret.revision, 2);
    assert_int_equal(secret.ttl_s, 0);
    assert_int_equal(secret.labels.len, 0);
    assert_true(secret.created_at == INSTANT_VIRTUAL_DEFAULT);
    assert_true(secret.updated_at == INSTANT_VIRTUAL_DEFAULT + 10000);
}

static void only_the_newest_versions_are_kept(void **state) {
    struct fixture *fixture = *state;
    const char *values[] = {"1", "2", "3", "4", "5"};
    uint64_t number;

    for (size_t i = 0; i < 5; i++) {
        fixture_put(fixture, definition_of("a", values[i]));
    }
    broker_begin_turn(fixture->broker);
    for (number = 3; number <= 5; number++) {
        SECRET_AUTO struct secret secret = SECRET_NULL;

        assert_int_equal(broker_get_version(
                                 fixture->broker, span_of("a"), number, &secret, &fixture->problem),
                0);
        assert_span_is(secret.current.value, values[number - 1]);
        assert_int_equal(secret.current.number, number);
        assert_int_equal(secret.revision, 5);
    }
    for (number = 0; number <= 6; number += number == 2 ? 4 : 1) {
        SECRET_AUTO struct secret secret = SECRET_NULL;

        assert_int_equal(broker_get_version(
                                 fixture->broker, span_of("a"), number, &secret, &fixture->problem),
                GK_E_NO_VERSION);
    }
}

static void fewer_versions_to_keep_hides_the_older_ones_at_once(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct broker_options options = FIXTURE_OPTIONS;

    fixture_put(fixture, definition_of("a", "1"));
    fixture_put(fixture, definition_of("a", "2"));
    fixture_put(fixture, definition_of("a", "3"));
    options.keep_versions = 1;
    fixture_restart(fixture, options);
    broker_begin_turn(fixture->broker);
    assert_int_equal(
            broker_get_version(fixture->broker, span_of("a"), 1, &secret, &fixture->problem),
            GK_E_NO_VERSION);
    assert_int_equal(/* it is the previous one */
            broker_get_version(fixture->broker, span_of("a"), 2, &secret, &fixture->problem), 0);
}

static void a_name_that_comes_again_goes_on_counting(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "");
    SECRET_AUTO struct secret first = SECRET_NULL;
    SECRET_AUTO struct secret second = SECRET_NULL;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    instant gone_at;
    char *events;

    definition.value_source = VALUE_GENERATED;
    assert_int_equal(put(fixture, &definition, &first), 0);
    assert_int_equal(first.generation, 1);
    buffer_append_span(
            &value, first.current.value); /* what the store handed out goes with the secret */
    broker_begin_turn(fixture->broker);
    assert_int_equal(
            broker_delete(fixture->broker, span_of("a"), NULL, 0, &gone_at, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_int_equal(fixture_get(fixture, "a", &second), GK_E_NO_SECRET);
    assert_int_equal(put(fixture, &definition, &second), 0);
    assert_int_equal(second.current.number, 1);
    assert_int_equal(second.revision, 3);
    assert_int_equal(second.generation, 2);
    assert_false(span_equals(buffer_span(&value), second.current.value));
    events = fixture_events(fixture);
    assert_string_equal(events, "1 created put a 1\n2 deleted delete a 1\n3 created put a 1\n");
    free(events);
}

static void a_value_over_the_limit_is_refused(void **state) {
    char value[66];
    struct definition definition;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    memset(value, 'x', 65);
    value[65] = '\0';
    definition = definition_of("a", value);
    assert_int_equal(put(*state, &definition, &secret), GK_E_TOO_LARGE);
    assert_int_equal(fixture_get(*state, "a", &secret), GK_E_NO_SECRET);
    value[64] = '\0';
    definition = definition_of("a", value);
    assert_int_equal(put(*state, &definition, &secret), 0);
}

static void a_generated_value_over_the_limit_is_refused(void **state) {
    struct definition definition = definition_of("a", "");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    char *events;

    definition.value_source = VALUE_GENERATED;
    definition.policy.given = true;
    definition.policy.strategy = SPAN_LITERAL("hex");
    definition.policy.parameter_count = 1;
    definition.policy.parameters[0].name = "length";
    definition.policy.parameters[0].value =
            (struct parameter){.type = PARAMETER_INTEGER, .integer = 65};
    assert_int_equal(put(*state, &definition, &secret), GK_E_TOO_LARGE);
    events = fixture_events(*state);
    assert_string_equal(events, "");
    free(events);
}

static void rotation_on_expiry_needs_a_ttl(void **state) {
    struct definition definition = definition_of("a", "x");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.policy.given = true;
    definition.policy.has_on_expiry = true;
    definition.policy.on_expiry = true;
    assert_int_equal(put(*state, &definition, &secret), GK_E_BAD_REQUEST);
    assert_int_equal(((struct fixture *)*state)->problem.field, FIELD_ON_EXPIRY);
}

static void expectations_hold_or_refuse(void **state) {
    const struct expectation present = {.kind = EXPECT_PRESENT};
    const struct expectation absent = {.kind = EXPECT_ABSENT};
    const struct expectation at_one = {.kind = EXPECT_REVISIONS, .count = 1, .revisions = {1}};
    const struct expectation never = {.kind = EXPECT_REVISIONS};
    const struct expectation not_at_two = {
            .kind = EXPECT_OTHER_REVISIONS, .count = 1, .revisions = {2}};
    const struct expectation present_not_at_two = {.kind = EXPECT_PRESENT, .also = &not_at_two};
    struct definition definition = definition_of("a", "x");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.expectation = &present;
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    definition.expectation = &at_one;
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    definition.expectation = &absent;
    assert_int_equal(put(*state, &definition, &secret), 0);
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    definition.expectation = &never;
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    definition.expectation = &at_one;
    secret_deinit(&secret);
    assert_int_equal(put(*state, &definition, &secret), 0);
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    definition.expectation = &not_at_two;
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    definition.expectation = &present_not_at_two;
    assert_int_equal(put(*state, &definition, &secret), GK_E_PRECONDITION);
    assert_int_equal(secret.revision, 2);
}

static void a_failed_commit_leaves_all_as_it_was(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "x");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct advance advance;

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_put(fixture->broker, &definition, &secret, &fixture->problem), 0);
    assert_int_equal(broker_advance(fixture->broker, 60, &advance, &fixture->problem), 0);
    store_void(fixture->store, -5);
    assert_int_equal(broker_commit(fixture->broker), -5);
    assert_true(broker_now(fixture->broker) == INSTANT_VIRTUAL_DEFAULT);
    secret_deinit(&secret);
    assert_int_equal(fixture_get(fixture, "a", &secret), GK_E_NO_SECRET);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_put_makes_version_and_revision_one),
            TEST(a_second_put_replaces_all_but_the_birth),
            TEST(only_the_newest_versions_are_kept),
            TEST(fewer_versions_to_keep_hides_the_older_ones_at_once),
            TEST(a_name_that_comes_again_goes_on_counting),
            TEST(a_value_over_the_limit_is_refused),
            TEST(a_generated_value_over_the_limit_is_refused),
            TEST(rotation_on_expiry_needs_a_ttl),
            TEST(expectations_hold_or_refuse),
            TEST(a_failed_commit_leaves_all_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

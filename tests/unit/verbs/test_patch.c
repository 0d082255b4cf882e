#include "support/broker_fixture.h"
#include "support/test.h"

static struct definition patch_of(const char *name) {
    return (struct definition){.name = span_of(name)};
}

static int patch(struct fixture *fixture, struct definition definition, struct secret *ret_secret) {
    int error;

    broker_begin_turn(fixture->broker);
    fixture->problem = PROBLEM_NULL;
    error = broker_patch(fixture->broker, &definition, ret_secret, &fixture->problem);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return error;
}

static void put_with_ttl(struct fixture *fixture, uint32_t ttl_s, bool on_expiry) {
    struct definition definition = definition_of("a", "one");

    definition.ttl_s = ttl_s;
    definition.policy.given = on_expiry;
    definition.policy.has_on_expiry = on_expiry;
    definition.policy.on_expiry = on_expiry;
    fixture_put(fixture, definition);
}

static void assert_events(struct fixture *fixture, const char *wanted) {
    char *events = fixture_events(fixture);

    assert_string_equal(events, wanted);
    free(events);
}

static void an_empty_patch_is_a_change_of_nothing(void **state) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, false);
    (void)fixture_advance(*state, 10);
    assert_int_equal(patch(*state, patch_of("a"), &secret), 0);
    assert_span_is(secret.current.value, "one");
    assert_int_equal(secret.current.number, 1);
    assert_int_equal(secret.revision, 2);
    assert_true(secret.updated_at == INSTANT_VIRTUAL_DEFAULT + 10000);
    assert_true(secret_expires_at(&secret) == INSTANT_VIRTUAL_DEFAULT + 60000);
    assert_events(*state, "1 created put a 1\n2 updated patch a 1\n");
}

static void a_new_value_is_a_new_version_with_a_whole_ttl(void **state) {
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, false);
    (void)fixture_advance(*state, 10);
    definition.value_source = VALUE_GIVEN;
    definition.value = SPAN_LITERAL("two");
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_int_equal(secret.current.number, 2);
    assert_int_equal(secret.current.cause, CAUSE_PATCH);
    assert_true(secret_expires_at(&secret) == INSTANT_VIRTUAL_DEFAULT + 70000);
}

static void a_changed_ttl_counts_from_the_version(void **state) {
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, false);
    (void)fixture_advance(*state, 10);
    definition.has_ttl = true;
    definition.ttl_s = 30;
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_true(secret_expires_at(&secret) == INSTANT_VIRTUAL_DEFAULT + 30000);
    assert_true(secret.armed);
}

static void a_ttl_that_is_over_thereby_expires_now(void **state) {
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, false);
    (void)fixture_advance(*state, 10);
    definition.has_ttl = true;
    definition.ttl_s = 5;
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_false(secret.armed);
    assert_int_equal(secret.revision, 3);
    assert_events(*state, "1 created put a 1\n2 updated patch a 1\n3 expired expiry a 1\n");
    assert_int_equal(fixture_advance(*state, 3600).expired, 0);
}

static void a_ttl_that_is_over_thereby_rotates_now(void **state) {
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, true);
    (void)fixture_advance(*state, 10);
    definition.has_ttl = true;
    definition.ttl_s = 5;
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_int_equal(secret.current.number, 2);
    assert_true(secret.current.made_at == INSTANT_VIRTUAL_DEFAULT + 10000);
    assert_true(secret_expires_at(&secret) == INSTANT_VIRTUAL_DEFAULT + 15000);
    assert_events(*state, "1 created put a 1\n2 updated patch a 1\n3 rotated expiry a 2\n");
}

static void what_has_expired_does_not_expire_again(void **state) {
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, false);
    assert_int_equal(fixture_advance(*state, 100).expired, 1);
    definition.has_ttl = true;
    definition.ttl_s = 90;
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_false(secret.armed);
    definition.ttl_s = 200;
    secret_deinit(&secret);
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_true(secret.armed);
    assert_int_equal(fixture_advance(*state, 100).expired, 1);
}

static void an_expired_secret_that_shall_rotate_rotates_now(void **state) {
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, false);
    (void)fixture_advance(*state, 100);
    definition.policy.given = true;
    definition.policy.has_on_expiry = true;
    definition.policy.on_expiry = true;
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_int_equal(secret.current.number, 2);
    assert_true(secret.armed);
    assert_false(secret_is_expired(&secret, broker_now(((struct fixture *)*state)->broker)));
}

static void labels_are_merged_and_reset(void **state) {
    struct definition definition = definition_of("a", "one");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.labels[0] = (struct label){SPAN_LITERAL("gone"), SPAN_LITERAL("x")};
    definition.labels[1] = (struct label){SPAN_LITERAL("k"), SPAN_LITERAL("v")};
    definition.label_count = 2;
    fixture_put(*state, definition);
    definition = patch_of("a");
    definition.has_labels = true;
    definition.labels[0] = (struct label){SPAN_LITERAL("b"), SPAN_LITERAL("")};
    definition.labels[1] = (struct label){SPAN_LITERAL("gone"), SPAN_NULL};
    definition.label_count = 2;
    assert_int_equal(patch(*state, definition, &secret), 0);
    assert_int_equal(secret.labels.len, 7);
    assert_memory_equal(secret.labels.data, "\1b\0\1k\1v", 7);
}

static void a_patch_of_nothing_is_not_found(void **state) {
    struct definition definition = patch_of("nope");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    assert_int_equal(patch(*state, definition, &secret), GK_E_NO_SECRET);
    definition.policy.given = true;
    definition.policy.strategy = SPAN_LITERAL("hex");
    definition.policy.parameter_count = 1;
    definition.policy.parameters[0].name = "length";
    definition.policy.parameters[0].value =
            (struct parameter){.type = PARAMETER_INTEGER, .integer = 1};
    assert_int_equal(patch(*state, definition, &secret), GK_E_BAD_REQUEST);
}

/* The contract's order: what no secret could take is a 400 before a missing one is a 404. */
static void a_patch_that_no_secret_could_take_is_refused_first(void **state) {
    struct definition definition = patch_of("nope");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.policy.given = true;
    definition.policy.has_on_expiry = true;
    definition.policy.on_expiry = true;
    assert_int_equal(patch(*state, definition, &secret), GK_E_NO_SECRET);
    definition.has_ttl = true;
    assert_int_equal(patch(*state, definition, &secret), GK_E_BAD_REQUEST);
    definition = patch_of("nope");
    definition.value_source = VALUE_GENERATED;
    assert_int_equal(patch(*state, definition, &secret), GK_E_NO_SECRET);
    definition.policy.given = true;
    definition.policy.strategy = SPAN_LITERAL("none");
    assert_int_equal(patch(*state, definition, &secret), GK_E_BAD_REQUEST);
    definition = patch_of("nope");
    definition.policy.given = true;
    definition.policy.parameter_count = 1;
    definition.policy.parameters[0].name = "length";
    definition.policy.parameters[0].value =
            (struct parameter){.type = PARAMETER_INTEGER, .integer = -5};
    assert_int_equal(patch(*state, definition, &secret), GK_E_BAD_REQUEST);
    assert_string_equal(((struct fixture *)*state)->problem.parameter, "length");
    definition.policy.parameters[0].value.integer = 40;
    assert_int_equal(patch(*state, definition, &secret), GK_E_NO_SECRET);
}

static void a_refused_patch_changes_nothing(void **state) {
    const struct expectation at_two = {.kind = EXPECT_REVISIONS, .count = 1, .revisions = {2}};
    struct definition definition = patch_of("a");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_with_ttl(*state, 60, true);
    definition.expectation = &at_two;
    assert_int_equal(patch(*state, definition, &secret), GK_E_PRECONDITION);
    definition.expectation = NULL;
    definition.has_ttl = true;
    assert_int_equal(patch(*state, definition, &secret), GK_E_BAD_REQUEST);
    assert_events(*state, "1 created put a 1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(an_empty_patch_is_a_change_of_nothing),
            TEST(a_new_value_is_a_new_version_with_a_whole_ttl),
            TEST(a_changed_ttl_counts_from_the_version),
            TEST(a_ttl_that_is_over_thereby_expires_now),
            TEST(a_ttl_that_is_over_thereby_rotates_now),
            TEST(what_has_expired_does_not_expire_again),
            TEST(an_expired_secret_that_shall_rotate_rotates_now),
            TEST(labels_are_merged_and_reset),
            TEST(a_patch_of_nothing_is_not_found),
            TEST(a_patch_that_no_secret_could_take_is_refused_first),
            TEST(a_refused_patch_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

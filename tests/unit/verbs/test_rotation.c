#include "support/broker_fixture.h"
#include "support/test.h"

static int rotate(struct fixture *fixture, const char *name, struct secret *ret_secret) {
    int error;

    broker_begin_turn(fixture->broker);
    fixture->problem = PROBLEM_NULL;
    error = broker_rotate(fixture->broker, span_of(name), false, ret_secret, &fixture->problem);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return error;
}

static struct definition rotating(const char *name, uint32_t ttl_s) {
    struct definition definition = definition_of(name, "first");

    definition.ttl_s = ttl_s;
    definition.policy.given = true;
    definition.policy.has_on_expiry = true;
    definition.policy.on_expiry = true;
    return definition;
}

static void assert_events(struct fixture *fixture, const char *wanted) {
    char *events = fixture_events(fixture);

    assert_string_equal(events, wanted);
    free(events);
}

static void a_rotation_makes_the_next_version(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    SECRET_AUTO struct secret old = SECRET_NULL;

    fixture_put(fixture, definition_of("a", "first"));
    assert_int_equal(rotate(fixture, "a", &secret), 0);
    assert_int_equal(secret.current.number, 2);
    assert_int_equal(secret.revision, 2);
    assert_int_equal(secret.generation, 1);
    assert_int_equal(secret.current.value.len, 42);
    assert_memory_equal(secret.current.value.data, "ghost_", 6);
    broker_begin_turn(fixture->broker);
    assert_int_equal(
            broker_get_version(fixture->broker, span_of("a"), 1, &old, &fixture->problem), 0);
    assert_span_is(old.current.value, "first");
    assert_events(fixture, "1 created put a 1\n2 rotated rotate a 2\n");
}

static void a_rotation_starts_the_ttl_anew(void **state) {
    struct definition definition = definition_of("a", "first");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.ttl_s = 60;
    fixture_put(*state, definition);
    (void)fixture_advance(*state, 100);
    assert_int_equal(rotate(*state, "a", &secret), 0);
    assert_true(secret_expires_at(&secret) == INSTANT_VIRTUAL_DEFAULT + 160000);
    assert_int_equal(fixture_advance(*state, 59).expired, 0);
    assert_int_equal(fixture_advance(*state, 1).expired, 1);
}

static void a_policy_of_none_cannot_be_rotated(void **state) {
    struct definition definition = definition_of("a", "first");
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.policy.given = true;
    definition.policy.strategy = SPAN_LITERAL("none");
    fixture_put(*state, definition);
    assert_int_equal(rotate(*state, "a", &secret), GK_E_CANNOT_ROTATE);
    assert_int_equal(rotate(*state, "b", &secret), GK_E_NO_SECRET);
    assert_events(*state, "1 created put a 1\n");
}

static void a_rotation_too_large_fails_with_an_event(void **state) {
    struct fixture *fixture = *state;
    struct broker_options options = FIXTURE_OPTIONS;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    fixture_put(fixture, definition_of("a", "first"));
    options.value_max_bytes = 41;
    fixture_restart(fixture, options);
    assert_int_equal(rotate(fixture, "a", &secret), GK_E_CANNOT_ROTATE);
    assert_int_equal(fixture_get(fixture, "a", &secret), 0);
    assert_span_is(secret.current.value, "first");
    assert_int_equal(secret.revision, 2); /* it counts all events */
    assert_events(fixture, "1 created put a 1\n2 failed rotate a 1\n");
}

static void an_expiry_too_large_fails_once_and_stays_readable(void **state) {
    struct fixture *fixture = *state;
    struct broker_options options = FIXTURE_OPTIONS;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    fixture_put(fixture, rotating("a", 60));
    options.value_max_bytes = 41;
    fixture_restart(fixture, options);
    (void)fixture_advance(fixture, 600);
    assert_int_equal(fixture_get(fixture, "a", &secret), 0);
    assert_span_is(secret.current.value, "first");
    assert_true(secret_is_expired(&secret, broker_now(fixture->broker)));
    assert_int_equal(secret.revision, 2);
    assert_events(fixture, "1 created put a 1\n2 failed expiry a 1\n");
}

static void on_expiry_rotates_at_each_end_of_the_ttl(void **state) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct advance advance;

    fixture_put(*state, rotating("a", 60));
    advance = fixture_advance(*state, 3600);
    assert_int_equal(advance.rotated, 60);
    assert_int_equal(advance.expired, 0);
    assert_true(advance.next_due == INSTANT_VIRTUAL_DEFAULT + 3660000);
    assert_int_equal(fixture_get(*state, "a", &secret), 0);
    assert_int_equal(secret.current.number, 61);
    assert_true(secret.current.made_at == INSTANT_VIRTUAL_DEFAULT + 3600000);
}

static void firings_are_ordered_by_instant_then_name(void **state) {
    struct definition definition = definition_of("m", "x");

    definition.ttl_s = 20;
    fixture_put(*state, rotating("z", 10));
    fixture_put(*state, rotating("a", 20));
    fixture_put(*state, definition);
    (void)fixture_advance(*state, 20);
    assert_events(*state, "1 created put z 1\n2 created put a 1\n3 created put m 1\n"
                          "4 rotated expiry z 2\n5 rotated expiry a 2\n6 expired expiry m 1\n"
                          "7 rotated expiry z 3\n");
}

static int collect_removed(char *names, struct fixture *fixture,
        void (*on_removed)(void *userdata, struct span name)) {
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_cleanup(fixture->broker, on_removed, names), 0);
    return broker_commit(fixture->broker);
}

static void append_name(void *userdata, struct span name) {
    (void)strncat(userdata, name.data, name.len);
    (void)strncat(userdata, " ", 2);
}

static void cleanup_removes_what_is_expired_and_stays_so(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("short", "x");
    char names[64] = "";

    definition.ttl_s = 10;
    fixture_put(fixture, definition);
    definition.name = SPAN_LITERAL("also");
    fixture_put(fixture, definition);
    definition.name = SPAN_LITERAL("long");
    definition.ttl_s = 100;
    fixture_put(fixture, definition);
    fixture_put(fixture, rotating("turns", 10));
    fixture_put(fixture, definition_of("static", "x"));
    (void)fixture_advance(fixture, 10);
    assert_int_equal(collect_removed(names, fixture, append_name), 0);
    assert_string_equal(names, "also short ");
    names[0] = '\0';
    assert_int_equal(collect_removed(names, fixture, append_name), 0);
    assert_string_equal(names, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_rotation_makes_the_next_version),
            TEST(a_rotation_starts_the_ttl_anew),
            TEST(a_policy_of_none_cannot_be_rotated),
            TEST(a_rotation_too_large_fails_with_an_event),
            TEST(an_expiry_too_large_fails_once_and_stays_readable),
            TEST(on_expiry_rotates_at_each_end_of_the_ttl),
            TEST(firings_are_ordered_by_instant_then_name),
            TEST(cleanup_removes_what_is_expired_and_stays_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

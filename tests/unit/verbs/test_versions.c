/*
 * What no request of GhostKey's own API makes: versions that are not live, that bear other labels,
 * or that have an id of a client's; secrets without a version.
 */
#include "model/policy.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static void begin(struct fixture *fixture) {
    broker_begin_turn(fixture->broker);
    fixture->problem = PROBLEM_NULL;
    assert_int_equal(store_open_turn(fixture->store), 0);
}

static void end(struct fixture *fixture) {
    assert_int_equal(broker_commit(fixture->broker), 0);
}

static void read_version(
        struct fixture *fixture, const char *name, uint64_t number, struct version *ret_version) {
    struct secret secret;

    assert_int_equal(store_get_secret(fixture->store, span_of(name), &secret), 0);
    *ret_version = secret.current;
    if (number != secret.current.number) {
        assert_int_equal(store_get_version(fixture->store, span_of(name), number, ret_version), 0);
    }
}

/* Stores it in a turn of its own. */
static void write_version(
        struct fixture *fixture, const char *name, const struct version *version) {
    struct secret secret;

    assert_int_equal(store_get_secret(fixture->store, span_of(name), &secret), 0);
    if (version->number == secret.current.number) {
        secret.current = *version;
        assert_int_equal(store_put_secret(fixture->store, &secret), 0);
    } else {
        assert_int_equal(store_put_version(fixture->store, secret.name, version), 0);
    }
    end(fixture);
}

static void set_state(struct fixture *fixture, uint64_t number, enum version_state state) {
    struct version version;

    begin(fixture);
    read_version(fixture, "a", number, &version);
    version.state = state;
    write_version(fixture, "a", &version);
}

static int get(struct fixture *fixture, uint64_t number) {
    struct secret secret;

    begin(fixture);
    return number == 0 ? broker_get(fixture->broker, span_of("a"), &secret, &fixture->problem)
                       : broker_get_version(
                                 fixture->broker, span_of("a"), number, &secret, &fixture->problem);
}

static int promote(struct fixture *fixture, uint64_t number) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error;

    begin(fixture);
    error = broker_promote(fixture->broker, span_of("a"), number, &secret, &fixture->problem);
    end(fixture);
    return error;
}

static int restore(struct fixture *fixture, uint64_t number) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error;

    begin(fixture);
    error = broker_restore(fixture->broker, span_of("a"), number, &secret, &fixture->problem);
    end(fixture);
    return error;
}

static int rotate(struct fixture *fixture) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error;

    begin(fixture);
    error = broker_rotate(fixture->broker, span_of("a"), false, &secret, &fixture->problem);
    end(fixture);
    return error;
}

static struct verification verify(struct fixture *fixture, const char *value) {
    struct verification verification;

    begin(fixture);
    assert_int_equal(broker_verify(fixture->broker, span_of("a"), span_of(value), &verification,
                             &fixture->problem),
            0);
    return verification;
}

static void put_two(struct fixture *fixture) {
    fixture_put(fixture, definition_of("a", "one"));
    fixture_put(fixture, definition_of("a", "two"));
}

static void a_deleted_version_is_told_when_it_is_restored(void **state) {
    struct fixture *fixture = *state;
    char *events;

    put_two(fixture);
    set_state(fixture, 1, VERSION_DELETED);
    assert_int_equal(get(fixture, 1), GK_E_NO_VERSION);
    assert_string_equal(fixture->problem.detail, "version 1 of 'a' is deleted; it can be restored");
    assert_int_equal(promote(fixture, 1), GK_E_CONFLICT);
    assert_int_equal(verify(fixture, "one").version, 0);
    assert_int_equal(restore(fixture, 1), 0);
    assert_int_equal(get(fixture, 1), 0);
    assert_int_equal(verify(fixture, "one").version, 1);
    assert_int_equal(restore(fixture, 1), 0); /* nothing is left to restore */
    events = fixture_events(fixture);
    assert_string_equal(events, "1 created put a 1\n2 updated put a 2\n3 restored restore a 2\n");
    free(events);
}

static void a_destroyed_version_stays_so(void **state) {
    struct fixture *fixture = *state;

    put_two(fixture);
    set_state(fixture, 1, VERSION_DESTROYED);
    assert_int_equal(get(fixture, 1), GK_E_NO_VERSION);
    assert_int_equal(restore(fixture, 1), GK_E_CONFLICT);
    assert_string_equal(
            fixture->problem.detail, "version 1 of 'a' is destroyed: its value is gone for good");
    assert_int_equal(promote(fixture, 1), GK_E_CONFLICT);
}

static void without_a_live_current_version_there_is_no_value(void **state) {
    struct fixture *fixture = *state;
    struct secret secret;

    put_two(fixture);
    assert_int_equal(store_count_secrets(fixture->store), 1);
    set_state(fixture, 2, VERSION_DELETED);
    assert_int_equal(store_count_secrets(fixture->store), 0);
    assert_int_equal(get(fixture, 0), GK_E_NO_SECRET);
    assert_non_null(
            strstr(fixture->problem.detail, "version 2 of 'a', the current one, is deleted"));
    assert_int_equal(get(fixture, 1), 0);
    assert_int_equal(broker_describe(fixture->broker, span_of("a"), &secret, &fixture->problem), 0);
    assert_int_equal(promote(fixture, 2), GK_E_CONFLICT);
    assert_int_equal(restore(fixture, 0), 0);
    assert_int_equal(get(fixture, 0), 0);
    set_state(fixture, 2, VERSION_DESTROYED);
    assert_int_equal(restore(fixture, 0), GK_E_CONFLICT);
    assert_int_equal(promote(fixture, 1), 0);
    assert_int_equal(get(fixture, 0), 0);
    assert_int_equal(rotate(fixture), 0);
    assert_int_equal(store_count_secrets(fixture->store), 1);
}

static void put_bare(struct fixture *fixture) {
    struct secret secret;

    fixture_put(fixture, definition_of("b", "model"));
    begin(fixture);
    assert_int_equal(store_get_secret(fixture->store, span_of("b"), &secret), 0);
    secret.name = span_of("a");
    secret.current = (struct version){.number = 0};
    secret.newest = 0;
    secret.in_force_at = 0;
    assert_int_equal(store_put_secret(fixture->store, &secret), 0);
    end(fixture);
}

static void a_secret_may_have_no_version_yet(void **state) {
    struct fixture *fixture = *state;
    struct definition change = {.name = span_of("a"), .has_ttl = true, .ttl_s = 60};
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put_bare(fixture);
    assert_int_equal(get(fixture, 0), GK_E_NO_SECRET);
    assert_string_equal(fixture->problem.detail, "'a' has no value yet: put one, or rotate it");
    assert_int_equal(promote(fixture, 0), GK_E_NO_VERSION);
    assert_int_equal(restore(fixture, 0), 0);
    begin(fixture);
    assert_int_equal(broker_patch(fixture->broker, &change, &secret, &fixture->problem), 0);
    assert_false(secret_is_expired(&secret, broker_now(fixture->broker)));
    assert_true(secret_expires_at(&secret) == INT64_MAX);
    assert_false(secret.armed);
    end(fixture);
    assert_int_equal(fixture_advance(fixture, 3600).expired, 0);
    assert_int_equal(rotate(fixture), 0);
    assert_int_equal(fixture_get(fixture, "a", &secret), 0);
    assert_int_equal(secret.current.number, 1);
    assert_int_equal(secret.previous, 0);
    assert_int_equal(fixture_advance(fixture, 60).expired, 1);
}

static void a_label_keeps_a_version(void **state) {
    struct fixture *fixture = *state;
    char label[] = "\0\0\0\0AWSX";
    struct verification verification;
    struct version version;

    list_put_length(label, 4);
    fixture_put(fixture, definition_of("a", "one"));
    begin(fixture);
    read_version(fixture, "a", 1, &version);
    version.labels = (struct span){label, 8};
    write_version(fixture, "a", &version);
    for (int i = 0; i < 6; i++) {
        fixture_put(fixture, definition_of("a", "more"));
    }
    assert_int_equal(get(fixture, 1), 0);
    assert_int_equal(get(fixture, 2), GK_E_NO_VERSION);
    verification = verify(fixture, "one");
    assert_int_equal(verification.version, 1);
    assert_span_is(verification.stage, "AWSX");
    assert_false(verification.is_accepted);
    begin(fixture);
    assert_int_equal(store_get_version(fixture->store, span_of("a"), 2, &version), GK_E_NO_VERSION);
}

static void an_id_of_a_client_is_told_as_it_is(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
    struct version version;

    put_two(fixture);
    begin(fixture);
    read_version(fixture, "a", 1, &version);
    version.id = span_of("given");
    write_version(fixture, "a", &version);
    begin(fixture);
    read_version(fixture, "a", 1, &version);
    assert_int_equal(broker_version_id(fixture->broker, span_of("a"), &version, &buffer), 0);
    assert_span_is(buffer_span(&buffer), "given");
}

static void a_put_keeps_what_one_api_knows_and_clears_pending(void **state) {
    struct fixture *fixture = *state;
    struct secret secret;

    fixture_put(fixture, definition_of("a", "one"));
    begin(fixture);
    assert_int_equal(store_get_secret(fixture->store, span_of("a"), &secret), 0);
    secret.extra = span_of("extra");
    secret.pending = 1; /* another API may have both labels on one version */
    assert_int_equal(store_put_secret(fixture->store, &secret), 0);
    end(fixture);
    fixture_put(fixture, definition_of("a", "two"));
    begin(fixture);
    assert_int_equal(store_get_secret(fixture->store, span_of("a"), &secret), 0);
    assert_span_is(secret.extra, "extra");
    assert_int_equal(secret.pending, 0);
    assert_int_equal(secret.previous, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_deleted_version_is_told_when_it_is_restored),
            TEST(a_destroyed_version_stays_so),
            TEST(without_a_live_current_version_there_is_no_value),
            TEST(a_secret_may_have_no_version_yet),
            TEST(a_label_keeps_a_version),
            TEST(an_id_of_a_client_is_told_as_it_is),
            TEST(a_put_keeps_what_one_api_knows_and_clears_pending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a wire API keeps for itself, and what it derives from the seed. */
#include <errno.h>

#include "broker/derive.h"
#include "broker/own.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static void keep(struct fixture *fixture, enum owner owner, const char *key, const char *bytes) {
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_own_put(fixture->broker, owner, span_of(key), span_of(bytes)), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
}

static void assert_kept(
        struct fixture *fixture, enum owner owner, const char *key, const char *wanted) {
    struct span bytes;

    assert_int_equal(broker_own_get(fixture->broker, owner, span_of(key), &bytes), wanted != NULL);
    if (wanted != NULL) {
        assert_span_is(bytes, wanted);
    }
}

static void each_api_has_keys_of_its_own(void **state) {
    struct fixture *fixture = *state;
    char *events;

    keep(fixture, OWNER_VAULT, "key", "of vault");
    keep(fixture, OWNER_AWS, "key", "");
    keep(fixture, OWNER_VAULT, "key", "of vault, again");
    assert_kept(fixture, OWNER_VAULT, "key", "of vault, again");
    assert_kept(fixture, OWNER_AWS, "key", "");
    assert_kept(fixture, OWNER_AWS, "ke", NULL);
    assert_kept(fixture, OWNER_AWS, "keys", NULL);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_own_delete(fixture->broker, OWNER_VAULT, span_of("key")), 0);
    assert_int_equal(broker_own_delete(fixture->broker, OWNER_VAULT, span_of("none")), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_kept(fixture, OWNER_VAULT, "key", NULL);
    assert_kept(fixture, OWNER_AWS, "key", "");
    events = fixture_events(fixture);
    assert_string_equal(events, "");
    free(events);
}

static void it_survives_a_restart_and_not_a_reset(void **state) {
    struct fixture *fixture = *state;

    keep(fixture, OWNER_AWS, "key", "bytes");
    fixture_restart(fixture, FIXTURE_OPTIONS);
    assert_kept(fixture, OWNER_AWS, "key", "bytes");
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_reset(fixture->broker, false, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_kept(fixture, OWNER_AWS, "key", NULL);
    fixture_restart(fixture, FIXTURE_OPTIONS);
    assert_kept(fixture, OWNER_AWS, "key", NULL);
}

static void a_turn_that_fails_takes_it_back(void **state) {
    struct fixture *fixture = *state;

    keep(fixture, OWNER_AWS, "old", "before");
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_own_put(fixture->broker, OWNER_AWS, span_of("new"), span_of("x")), 0);
    assert_int_equal(broker_own_put(fixture->broker, OWNER_AWS, span_of("old"), span_of("x")), 0);
    assert_true(broker_is_changing(fixture->broker));
    broker_void(fixture->broker, -EIO);
    assert_int_equal(broker_commit(fixture->broker), -EIO);
    assert_kept(fixture, OWNER_AWS, "new", NULL);
    assert_kept(fixture, OWNER_AWS, "old", "before");
}

static int visit(void *userdata, struct span key, struct span bytes) {
    struct buffer *seen = userdata;

    buffer_append_span(seen, key);
    buffer_append_byte(seen, '=');
    buffer_append_span(seen, bytes);
    buffer_append_byte(seen, ' ');
    return span_is(key, "stop") ? 7 : 0;
}

static void the_walk_is_in_byte_order_below_a_prefix(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer all = BUFFER_NULL;
    BUFFER_AUTO struct buffer some = BUFFER_NULL;

    keep(fixture, OWNER_AWS, "a/2", "two");
    keep(fixture, OWNER_AWS, "a/1", "one");
    keep(fixture, OWNER_AWS, "b", "b");
    keep(fixture, OWNER_VAULT, "a/0", "another's");
    keep(fixture, OWNER_AWS, "stop", "");
    keep(fixture, OWNER_AWS, "t", "");
    assert_int_equal(broker_own_walk(fixture->broker, OWNER_AWS, span_of("a/"), visit, &some), 0);
    assert_span_is(buffer_span(&some), "a/1=one a/2=two ");
    assert_int_equal(broker_own_walk(fixture->broker, OWNER_AWS, SPAN_NULL, visit, &all), 7);
    assert_span_is(buffer_span(&all), "a/1=one a/2=two b=b stop= ");
}

/* In the stream of a version's id the parts are the same as in one that is derived by parts. */
static void parts_make_the_stream_of_the_contract(void **state) {
    struct fixture *fixture = *state;
    const struct span parts[] = {SPAN_LITERAL("version-id"), SPAN_LITERAL("a"), SPAN_LITERAL("1")};
    const struct span others[] = {SPAN_LITERAL("version-id"), SPAN_LITERAL("a"), SPAN_LITERAL("2")};
    BUFFER_AUTO struct buffer id = BUFFER_NULL;
    BUFFER_AUTO struct buffer same = BUFFER_NULL;
    BUFFER_AUTO struct buffer other = BUFFER_NULL;
    struct secret secret;
    struct keystream *stream;

    fixture_put(fixture, definition_of("a", "x"));
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_get(fixture->broker, span_of("a"), &secret, &fixture->problem), 0);
    assert_int_equal(broker_version_id(fixture->broker, span_of("a"), &secret.current, &id), 0);
    stream = broker_derive(fixture->broker, parts, 3);
    keystream_uuid(stream, &same);
    assert_int_equal(keystream_finish(stream), 0);
    stream = broker_derive(fixture->broker, others, 3);
    keystream_uuid(stream, &other);
    keystream_stop(stream);
    assert_true(span_equals(buffer_span(&id), buffer_span(&same)));
    assert_false(span_equals(buffer_span(&id), buffer_span(&other)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(each_api_has_keys_of_its_own),
            TEST(it_survives_a_restart_and_not_a_reset),
            TEST(a_turn_that_fails_takes_it_back),
            TEST(the_walk_is_in_byte_order_below_a_prefix),
            TEST(parts_make_the_stream_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/broker_fixture.h"
#include "support/test.h"

struct seen {
    char names[128];
    bool more;
};

static bool on_secret(void *userdata, const struct secret *secret) {
    struct seen *seen = userdata;

    (void)strncat(seen->names, secret->name.data, secret->name.len);
    (void)strncat(seen->names, " ", 2);
    return true;
}

static struct seen list(struct fixture *fixture, struct listing listing) {
    struct seen seen = {0};

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_list(fixture->broker, &listing, on_secret, &seen, &seen.more), 0);
    return seen;
}

static void put_all(struct fixture *fixture) {
    const char *names[] = {"a", "b/1", "b/2", "c"};

    for (size_t i = 0; i < 4; i++) {
        struct definition definition = definition_of(names[i], "x");

        definition.ttl_s = i % 2 == 0 ? 10 : 0;
        fixture_put(fixture, definition);
    }
    (void)fixture_advance(fixture, 10);
}

static void a_page_ends_where_the_limit_says(void **state) {
    struct seen seen;

    put_all(*state);
    seen = list(*state, (struct listing){.limit = 3});
    assert_string_equal(seen.names, "a b/1 b/2 ");
    assert_true(seen.more);
    seen = list(*state, (struct listing){.limit = 3, .after = SPAN_LITERAL("b/2")});
    assert_string_equal(seen.names, "c ");
    assert_false(seen.more);
    seen = list(*state, (struct listing){.limit = 4});
    assert_false(seen.more);
}

static void expired_ones_are_filtered_before_the_limit(void **state) {
    struct seen seen;

    put_all(*state);
    seen = list(*state, (struct listing){.limit = 1, .expired = LISTED_ONLY});
    assert_string_equal(seen.names, "a ");
    assert_true(seen.more);
    seen = list(*state, (struct listing){.limit = 2, .expired = LISTED_ONLY});
    assert_string_equal(seen.names, "a b/2 ");
    assert_false(seen.more);
    seen = list(*state, (struct listing){.limit = 9, .expired = LISTED_EXCLUDE});
    assert_string_equal(seen.names, "b/1 c ");
}

static void a_prefix_keeps_the_others_out(void **state) {
    put_all(*state);
    assert_string_equal(
            list(*state, (struct listing){.limit = 9, .prefix = SPAN_LITERAL("b/")}).names,
            "b/1 b/2 ");
    assert_string_equal(
            list(*state, (struct listing){.limit = 9, .prefix = SPAN_LITERAL("bb")}).names, "");
}

static void the_status_counts_secrets_and_events(void **state) {
    struct fixture *fixture = *state;
    struct broker_status status;

    put_all(fixture);
    broker_begin_turn(fixture->broker);
    status = broker_status(fixture->broker);
    assert_int_equal(status.secrets, 4);
    assert_int_equal(status.last_event, 6);
    assert_string_equal(status.home, "fdstore");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_page_ends_where_the_limit_says),
            TEST(expired_ones_are_filtered_before_the_limit),
            TEST(a_prefix_keeps_the_others_out),
            TEST(the_status_counts_secrets_and_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A broker does not start on fault rules that no GhostKey wrote. */
#include <errno.h>

#include "broker/fault_record.h"
#include "broker/own.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static struct fault_rule a_rule(void) {
    return (struct fault_rule){
            .effect = {.kind = FAULT_ERROR}, .when = {.times = FAULT_TIMES_ANY, .percent = 100}};
}

static void put(struct fixture *fixture, struct span key, struct span record) {
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_own_put(fixture->broker, OWNER_BROKER, key, record), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
}

static void put_rule(struct fixture *fixture, struct span key, const struct fault_rule *rule) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;

    fault_encode(rule, &record);
    put(fixture, key, buffer_span(&record));
}

static int start_again(struct fixture *fixture) {
    const struct broker_options options = FIXTURE_OPTIONS;

    fixture->broker = broker_free(fixture->broker);
    return broker_new(fixture->store, &options, &fixture->broker);
}

static void rule_is_read(void **state) {
    const struct fault_rule rule = a_rule();

    put_rule(*state, SPAN_LITERAL(FAULT_RULES "one"), &rule);
    assert_int_equal(start_again(*state), 0);
}

static void record_is_too_short(void **state) {
    put(*state, SPAN_LITERAL(FAULT_RULES "one"), SPAN_LITERAL("short"));
    assert_int_equal(start_again(*state), -EBADMSG);
}

/* The record says that the name of its API has 64 bytes; a rule has room for 63. */
static void text_is_too_long(void **state) {
    static const char record[4 + 64 + 100] = {64};

    put(*state, SPAN_LITERAL(FAULT_RULES "one"), (struct span){record, sizeof(record)});
    assert_int_equal(start_again(*state), -EBADMSG);
}

static void error_is_unknown(void **state) {
    struct fault_rule rule = a_rule();

    rule.effect.number = FAULT_ERROR_COUNT;
    put_rule(*state, SPAN_LITERAL(FAULT_RULES "one"), &rule);
    assert_int_equal(start_again(*state), -EBADMSG);
}

static void id_is_too_long(void **state) {
    char key[sizeof(FAULT_RULES) + GK_FAULT_ID_MAX_BYTES];
    const struct fault_rule rule = a_rule();

    memset(key, 'x', sizeof(key));
    memcpy(key, FAULT_RULES, strlen(FAULT_RULES));
    put_rule(*state, (struct span){key, sizeof(key)}, &rule);
    assert_int_equal(start_again(*state), -EBADMSG);
}

static void counts_are_too_short(void **state) {
    const struct fault_rule rule = a_rule();

    put_rule(*state, SPAN_LITERAL(FAULT_RULES "one"), &rule);
    put(*state, SPAN_LITERAL(FAULT_COUNTS "one"), SPAN_LITERAL("short"));
    assert_int_equal(start_again(*state), -EBADMSG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(rule_is_read, fixture_setup, fixture_teardown),
            cmocka_unit_test_setup_teardown(record_is_too_short, fixture_setup, fixture_teardown),
            cmocka_unit_test_setup_teardown(text_is_too_long, fixture_setup, fixture_teardown),
            cmocka_unit_test_setup_teardown(error_is_unknown, fixture_setup, fixture_teardown),
            cmocka_unit_test_setup_teardown(id_is_too_long, fixture_setup, fixture_teardown),
            cmocka_unit_test_setup_teardown(counts_are_too_short, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

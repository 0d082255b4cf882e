/* Fault rules: what they match, which matches fire, and that rules and counts are kept. */
#include <errno.h>

#include "broker/fault.h"
#include "broker/fault_counts.h"
#include "broker/fault_when.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static struct fault_rule rule_of(const char *id, const char *name) {
    struct fault_rule rule = {
            .effect = {.kind = FAULT_STATUS, .number = 418},
            .when = {.times = FAULT_TIMES_ANY, .from = FAULT_FROM_ANY, .until = FAULT_UNTIL_ANY},
    };

    strcpy(rule.id, id);
    strcpy(rule.name, name);
    return rule;
}

static void put(struct fixture *fixture, struct fault_rule rule) {
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_fault_put(fixture->broker, &rule, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
}

/* The id of the rule that fires; "": none does. */
static const char *choose(struct fixture *fixture, const char *operation, const char *name) {
    const struct span names[] = {span_of(name)};
    const struct fault_request request = {
            .number = strcmp(operation, "get") == 0 ? 7 : 8,
            .api = "ghostkey",
            .operation = operation,
            .class = strcmp(operation, "get") == 0 ? "read" : "write",
            .names = names,
            .name_count = 1,
    };
    const struct fault_rule *rule;

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_fault_choose(fixture->broker, &request, &rule), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return rule != NULL ? rule->id : "";
}

static void assert_counts(
        struct fixture *fixture, const char *id, uint64_t matched, uint64_t fired) {
    const struct fault *fault;

    assert_int_equal(broker_fault_get(fixture->broker, span_of(id), &fault, &fixture->problem), 0);
    assert_int_equal(fault->matched, matched);
    assert_int_equal(fault->fired, fired);
}

static void a_rule_matches_what_it_says(void **state) {
    struct fixture *fixture = *state;
    struct fault_rule rule = rule_of("r", "app/*");

    strcpy(rule.operation, "read");
    put(fixture, rule);
    assert_string_equal(choose(fixture, "get", "app/db"), "r");
    assert_string_equal(choose(fixture, "put", "app/db"), "");
    assert_string_equal(choose(fixture, "get", "app/db/x"), "");
    assert_string_equal(choose(fixture, "get", "app"), "");
    assert_string_equal(choose(fixture, "get", "other"), "");
    strcpy(rule.operation, "put");
    put(fixture, rule);
    assert_string_equal(choose(fixture, "put", "app/db"), "r");
    assert_string_equal(choose(fixture, "get", "app/db"), "");
    strcpy(rule.api, "vault");
    put(fixture, rule);
    assert_string_equal(choose(fixture, "put", "app/db"), "");
}

/* Only the first eight bytes are compared at a glance. */
static void names_of_any_length_are_told_apart(void **state) {
    struct fixture *fixture = *state;

    put(fixture, rule_of("r", "application/one"));
    assert_string_equal(choose(fixture, "get", "application/one"), "r");
    assert_string_equal(choose(fixture, "get", "application/two"), "");
    assert_string_equal(choose(fixture, "get", "a"), "");
    assert_string_equal(choose(fixture, "get", "applicat"), "");
    put(fixture, rule_of("r", "a"));
    assert_string_equal(choose(fixture, "get", "a"), "r");
    assert_string_equal(choose(fixture, "get", "ab"), "");
}

static void the_first_that_fires_is_it(void **state) {
    struct fixture *fixture = *state;
    struct fault_rule first = rule_of("a", "");

    first.when.times = 1;
    put(fixture, rule_of("b", ""));
    put(fixture, first);
    assert_string_equal(choose(fixture, "get", "x"), "a");
    assert_string_equal(choose(fixture, "get", "x"), "b");
    assert_counts(fixture, "a", 2, 1);
    assert_counts(fixture, "b", 1, 1);
}

static void counts_survive_a_restart_and_not_a_reset(void **state) {
    struct fixture *fixture = *state;
    const struct fault *fault;

    put(fixture, rule_of("r", ""));
    assert_string_equal(choose(fixture, "get", "x"), "r");
    assert_true(broker_fault_counts_wait(fixture->broker));
    fixture_put(fixture, definition_of("name", "value")); /* the next change keeps them */
    assert_false(broker_fault_counts_wait(fixture->broker));
    fixture_restart(fixture, FIXTURE_OPTIONS);
    assert_counts(fixture, "r", 1, 1);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_reset(fixture->broker, false, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    assert_int_equal(broker_fault_get(fixture->broker, span_of("r"), &fault, &fixture->problem),
            GK_E_NO_FAULT);
}

static void a_turn_that_fails_changes_nothing(void **state) {
    struct fixture *fixture = *state;
    struct fault_rule other = rule_of("r", "other");

    put(fixture, rule_of("r", ""));
    assert_string_equal(choose(fixture, "get", "x"), "r");
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_fault_keep_counts(fixture->broker), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_fault_put(fixture->broker, &other, &fixture->problem), 0);
    assert_counts(fixture, "r", 0, 0);
    broker_void(fixture->broker, -EIO);
    assert_int_equal(broker_commit(fixture->broker), -EIO);
    assert_counts(fixture, "r", 1, 1);
    assert_string_equal(choose(fixture, "get", "x"), "r");
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_fault_delete(fixture->broker, span_of("r"), &fixture->problem), 0);
    broker_void(fixture->broker, -EIO);
    assert_int_equal(broker_commit(fixture->broker), -EIO);
    assert_string_equal(choose(fixture, "get", "x"), "r");
}

/* Which of the first 12 matches fire, as '1' and '0'. */
static const char *firings(struct fault_rule rule, const char *seed) {
    static char shown[13];
    struct keyring *keyring;
    uint64_t fired = 0;

    assert_int_equal(keyring_new(span_of(seed), &keyring), 0);
    for (uint64_t number = 1; number <= 12; number++) {
        bool fires;

        assert_int_equal(fault_fires(&rule, number, fired, keyring, 5, &fires), 0);
        shown[number - 1] = fires ? '1' : '0';
        fired += fires;
    }
    (void)keyring_free(keyring);
    return shown;
}

static void which_matches_fire_depends_on_rule_and_seed_alone(void **state) {
    struct fault_rule rule = rule_of("r", "");
    char first[13];

    assert_string_equal(firings(rule, "test"), "111111111111");
    rule.when.skip = 2;
    rule.when.every = 3;
    rule.when.times = 3;
    assert_string_equal(firings(rule, "test"), "001001001000");
    rule = rule_of("r", "");
    rule.when.from = 6;
    assert_string_equal(firings(rule, "test"), "000000000000");
    rule.when.from = 5;
    rule.when.until = 5;
    assert_string_equal(firings(rule, "test"), "000000000000");
    rule = rule_of("r", "");
    rule.when.percent = 100;
    assert_string_equal(firings(rule, "test"), "111111111111");
    rule.when.percent = 50;
    strcpy(first, firings(rule, "test"));
    assert_string_equal(firings(rule, "test"), first);
    assert_string_not_equal(firings(rule, "other"), first);
    rule.id[0] = 's';
    assert_string_not_equal(firings(rule, "test"), first);
}

#define RULE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            RULE_TEST(a_rule_matches_what_it_says),
            RULE_TEST(names_of_any_length_are_told_apart),
            RULE_TEST(the_first_that_fires_is_it),
            RULE_TEST(counts_survive_a_restart_and_not_a_reset),
            RULE_TEST(a_turn_that_fails_changes_nothing),
            cmocka_unit_test(which_matches_fire_depends_on_rule_and_seed_alone),
    };

    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}

/*
 * Values as strategies make them: the published vectors of fixtures/derivation, and the limits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/strategies/table.h"
#include "model/crc32.h"
#include "support/policy_json.h"
#include "support/test.h"

static const char *fixtures;

struct fixture {
    struct keyring *keyring;
};

static int setup(void **state) {
    static struct fixture fixture;

    *state = &fixture;
    return keyring_new(SPAN_LITERAL("fixture"), &fixture.keyring);
}

static int teardown(void **state) {
    struct fixture *fixture = *state;

    fixture->keyring = keyring_free(fixture->keyring);
    return 0;
}

static json_t *load_vectors(const char *strategy) {
    char path[4096];
    json_t *vectors;

    (void)snprintf(path, sizeof(path), "%s/%s.json", fixtures, strategy);
    vectors = json_load_file(path, 0, NULL);
    if (vectors == NULL || json_array_size(vectors) == 0) {
        fail_msg("%s: not there, or no array of vectors", path);
    }
    return vectors;
}

static void check_vector(const char *strategy, size_t at, json_t *vector) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct problem problem = PROBLEM_NULL;
    json_t *wanted = json_object_get(vector, "value");
    int r = value_from_vector(vector, &value, &problem);

    if (json_is_null(wanted)) {
        assert_int_equal(r, GK_E_CANNOT_ROTATE);
    } else if (r != 0) {
        fail_msg("%s, vector %zu: %d: %s", strategy, at, r, problem.detail);
    } else if (!span_equals(buffer_span(&value),
                       (struct span){json_string_value(wanted), json_string_length(wanted)})) {
        fail_msg("%s, vector %zu: made '%.*s'", strategy, at, SPAN_ARGS(buffer_span(&value)));
    }
}

static void every_strategy_makes_its_published_values(void **state) {
    static const char *const names[] = {
#define STRATEGY_NAME(symbol) #symbol,
            STRATEGIES(STRATEGY_NAME)
#undef STRATEGY_NAME
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_auto_t *vectors = load_vectors(names[i]);
        json_t *vector;
        size_t at;

        json_array_foreach(vectors, at, vector) {
            assert_string_equal(json_string_value(json_object_get(
                                        json_object_get(vector, "policy"), "strategy")),
                    names[i]);
            check_vector(names[i], at, vector);
        }
    }
}

#define TEXT(text_) ((struct parameter){.type = PARAMETER_TEXT, .text = SPAN_LITERAL(text_)})

static void a_value_is_as_long_as_it_was_measured(void **state) {
    static const char list[] = "\4\0\0\0four\0\0\0\0\3\0\0\0abc";
    const struct policy policies[] = {
            {.strategy = SPAN_LITERAL("token")},
            {.strategy = SPAN_LITERAL("uuid")},
            {.strategy = SPAN_LITERAL("hex"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_INTEGER, .integer = 77}}},
            {.strategy = SPAN_LITERAL("alphanumeric"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_INTEGER, .integer = 2}}},
            {.strategy = SPAN_LITERAL("base64url"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_INTEGER, .integer = 4096}}},
            {.strategy = SPAN_LITERAL("template"),
                    .parameter_count = 1,
                    .parameters = {TEXT("{{{hex:7}é{uuid}-{version}}}{name}{alnum:1}")}},
            {.strategy = SPAN_LITERAL("cycle"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_LIST,
                            .count = 3,
                            .text = {list, sizeof(list) - 1}}}},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        for (uint64_t number = 1; number <= 1000; number += 9) {
            BUFFER_AUTO struct buffer value = BUFFER_NULL;
            struct span name = SPAN_LITERAL("app/name");

            assert_int_equal(strategy_make(&policies[i], fixture->keyring, name, number, number + 5,
                                     SIZE_MAX, &value),
                    0);
            assert_int_equal(strategy_measure(&policies[i], name, number, number + 5), value.len);
        }
    }
}

static void a_token_checks_itself(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct policy policy = {.strategy = SPAN_LITERAL("token")};
    uint64_t check = 0;

    assert_int_equal(
            strategy_make(&policy, fixture->keyring, SPAN_LITERAL("n"), 1, 1, 42, &value), 0);
    assert_int_equal(value.len, 42);
    for (size_t i = 36; i < 42; i++) {
        check = check * 62 + (size_t)(strchr(ALPHABET_ALNUM, value.data[i]) - ALPHABET_ALNUM);
    }
    assert_int_equal(check, crc32_update(0, value.data, 36));
}

static void a_value_over_the_limit_is_too_large(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct policy policy = {.strategy = SPAN_LITERAL("token")};

    assert_int_equal(strategy_make(&policy, fixture->keyring, SPAN_LITERAL("n"), 1, 1, 41, &value),
            GK_E_TOO_LARGE);
    assert_int_equal(value.len, 0);
    assert_null(value.data);
}

static void a_template_over_the_limit_is_too_large(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer template = BUFFER_NULL;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct policy policy = {
            .strategy = SPAN_LITERAL("template"),
            .parameter_count = 1,
    };

    for (size_t i = 0; i < 100; i++) {
        buffer_append_text(&template, "{hex:4096}");
    }
    policy.parameters[0] =
            (struct parameter){.type = PARAMETER_TEXT, .text = buffer_span(&template)};
    assert_int_equal(
            strategy_make(&policy, fixture->keyring, SPAN_LITERAL("n"), 1, 1, 9999, &value),
            GK_E_TOO_LARGE);
}

static void a_template_ends_where_its_span_ends(void **state) {
    const struct strategy_parameter *template =
            &strategy_find(SPAN_LITERAL("template"))->parameters[0];
    size_t at;

    assert_null(template->fault((struct span){"a{{", 3}, &at));
    assert_non_null(template->fault((struct span){"a{{", 2}, &at));
    assert_int_equal(at, 1);
    assert_non_null(template->fault((struct span){"{hex:10}", 7}, &at));
}

static void none_cannot_be_rotated(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct policy policy = {.strategy = SPAN_LITERAL("none")};

    assert_int_equal(strategy_make(&policy, fixture->keyring, SPAN_LITERAL("n"), 1, 1, 99, &value),
            GK_E_CANNOT_ROTATE);
}

static void a_kept_policy_that_makes_no_sense_is_an_error(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    const struct policy unsound[] = {
            {.strategy = SPAN_LITERAL("unheard-of")},
            {.strategy = SPAN_LITERAL("hex")},
            {.strategy = SPAN_LITERAL("hex"), .parameter_count = 1},
            {.strategy = SPAN_LITERAL("hex"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_INTEGER, .integer = -1}}},
            {.strategy = SPAN_LITERAL("cycle"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_LIST, .count = 2}}},
            {.strategy = SPAN_LITERAL("template"),
                    .parameter_count = 1,
                    .parameters = {{.type = PARAMETER_TEXT, .text = SPAN_LITERAL("{")}}},
    };

    for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
        assert_int_equal(
                strategy_make(&unsound[i], fixture->keyring, SPAN_LITERAL("n"), 1, 1, 99, &value),
                -EINVAL);
        assert_int_equal(value.len, 0);
    }
}

static void known_parameters_are_those_of_any_strategy(void **state) {
    assert_non_null(strategy_parameter_name(SPAN_LITERAL("length")));
    assert_non_null(strategy_parameter_name(SPAN_LITERAL("template")));
    assert_non_null(strategy_parameter_name(SPAN_LITERAL("values")));
    assert_null(strategy_parameter_name(SPAN_LITERAL("count")));
    assert_null(strategy_parameter_name(SPAN_LITERAL("strategy")));
    assert_null(strategy_find(SPAN_LITERAL("Token")));
    assert_null(strategy_find(SPAN_NULL));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_strategy_makes_its_published_values),
            cmocka_unit_test(a_value_is_as_long_as_it_was_measured),
            cmocka_unit_test(a_token_checks_itself),
            cmocka_unit_test(a_value_over_the_limit_is_too_large),
            cmocka_unit_test(a_template_over_the_limit_is_too_large),
            cmocka_unit_test(a_template_ends_where_its_span_ends),
            cmocka_unit_test(none_cannot_be_rotated),
            cmocka_unit_test(a_kept_policy_that_makes_no_sense_is_an_error),
            cmocka_unit_test(known_parameters_are_those_of_any_strategy),
    };

    if (argc != 2) {
        (void)fprintf(stderr, "usage: test_making FIXTURES/derivation\n");
        return EXIT_FAILURE;
    }
    fixtures = argv[1];
    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * What is said of a body at fault: the member or the position, never a piece of a value.
 */
#include "support/test.h"

#include "api/ghostkey/request.h"
#include <stdio.h>

#define VALUE_MAX_BYTES 64

struct fixture {
    struct decoded decoded;
    struct definition definition;
    struct problem problem;
};

static int setup(void **state) {
    static struct fixture fixture;

    fixture = (struct fixture){0};
    *state = &fixture;
    return 0;
}

static int teardown(void **state) {
    decoded_deinit(&((struct fixture *)*state)->decoded);
    return 0;
}

static int put(struct fixture *fixture, const char *body) {
    decoded_deinit(&fixture->decoded);
    return request_decode_put(span_of(body), VALUE_MAX_BYTES, &fixture->decoded,
            &fixture->definition, &fixture->problem);
}

static void repeated_member_is_named_however_it_is_written(void **state) {
    static const char *const rows[][2] = {
            {"{\"value\":\"x\",\"value\":\"x\"}", "'value'"},
            {"{\"value\":\"x\",\"v\\u0061lue\":\"x\"}", "'value'"},
            {"{\"labels\":{\"a\\\"b\\\\\":\"\",\"a\\\"b\\\\\" :\"\"}}", "'a\"b\\'"},
            {"{\"labels\":{\"\xc3\xa9\":\"\",\"\xc3\xa9\":\"\"}}", "'\xc3\xa9'"},
            {"{\"\":1,\"\":1}", "''"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(put(fixture, rows[i][0]), GK_E_BAD_REQUEST);
        if (strstr(fixture->problem.detail, rows[i][1]) == NULL ||
                strstr(fixture->problem.detail, "more than once") == NULL) {
            fail_msg("row %zu: %s", i, fixture->problem.detail);
        }
    }
}

static void unparsable_body_is_told_by_position_alone(void **state) {
    struct fixture *fixture = *state;

    assert_int_equal(put(fixture, "{\n \"value\":\"hunter2\" hunter3}"), GK_E_BAD_REQUEST);
    assert_non_null(strstr(fixture->problem.detail, "line 2"));
    assert_null(strstr(fixture->problem.detail, "hunter"));
    assert_int_equal(put(fixture, "{\"value\":\"hunter2"), GK_E_BAD_REQUEST);
    assert_null(strstr(fixture->problem.detail, "hunter"));
    assert_int_equal(put(fixture, "{\"value\":\"hunter2\"}hunter3"), GK_E_BAD_REQUEST);
    assert_null(strstr(fixture->problem.detail, "hunter"));
}

static void body_cut_anywhere_is_refused(void **state) {
    static const char body[] = "{\"value\":\"s\xc3\xa9\\u20ac\",\"ttl\":900,\"env\":false,"
                               "\"labels\":{\"a\":\"b\"},\"rotation\":{\"length\":8}}";
    struct fixture *fixture = *state;

    for (size_t len = 0; len + 1 < sizeof(body); len++) {
        assert_int_equal(request_decode_put((struct span){body, len}, VALUE_MAX_BYTES,
                                 &fixture->decoded, &fixture->definition, &fixture->problem),
                GK_E_BAD_REQUEST);
        assert_null(fixture->decoded.root);
    }
}

static void failure_leaves_the_results_untouched(void **state) {
    struct fixture *fixture = *state;
    struct definition before;

    memset(&fixture->definition, 0x5a, sizeof(fixture->definition));
    before = fixture->definition;
    assert_int_equal(put(fixture, "{\"value\":\"x\",\"ttl\":60,\"foo\":1}"), GK_E_BAD_REQUEST);
    assert_memory_equal(&fixture->definition, &before, sizeof(before));
    assert_null(fixture->decoded.root);
}

static void long_member_names_are_cut_in_messages(void **state) {
    struct fixture *fixture = *state;
    char body[400];

    snprintf(body, sizeof(body), "{\"\\u001b%0300d\":1}", 0);
    assert_int_equal(put(fixture, body), GK_E_BAD_REQUEST);
    assert_non_null(strstr(fixture->problem.detail, "unknown member '?000"));
    assert_non_null(strstr(fixture->problem.detail, "000...'"));
    assert_true(strlen(fixture->problem.detail) < 200);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
            TEST(repeated_member_is_named_however_it_is_written),
            TEST(unparsable_body_is_told_by_position_alone),
            TEST(body_cut_anywhere_is_refused),
            TEST(failure_leaves_the_results_untouched),
            TEST(long_member_names_are_cut_in_messages),
    };

    request_setup();
    return cmocka_run_group_tests_name("request_fault", tests, NULL, NULL);
}

/* Where a body is no JSON: the message has the place, and nothing of the body. */
#include "api/ghostkey/request.h"
#include "support/test.h"

#define VALUE_MAX_BYTES 64

struct fixture {
    struct buffer bytes;
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
    buffer_deinit(&((struct fixture *)*state)->bytes);
    return 0;
}

static int put(struct fixture *fixture, const char *body) {
    buffer_deinit(&fixture->bytes);
    return request_decode_put(span_of(body), VALUE_MAX_BYTES, &fixture->bytes, &fixture->definition,
            &fixture->problem);
}

static void unparsable_body_is_reported_by_position_alone(void **state) {
    struct fixture *fixture = *state;

    assert_int_equal(put(fixture, "{\n \"value\":\"hunter2\" hunter3}"), GK_E_BAD_REQUEST);
    assert_non_null(strstr(fixture->problem.detail, "line 2"));
    assert_null(strstr(fixture->problem.detail, "hunter"));
    assert_int_equal(put(fixture, "{\"value\":\"hunter2"), GK_E_BAD_REQUEST);
    assert_null(strstr(fixture->problem.detail, "hunter"));
    assert_int_equal(put(fixture, "{\"value\":\"hunter2\"}hunter3"), GK_E_BAD_REQUEST);
    assert_null(strstr(fixture->problem.detail, "hunter"));
}

static void positions_count_from_one(void **state) {
    static const char *const rows[][2] = {
            {"x", "line 1, column 1 (byte 1)"},
            {"{\"ttl\":1", "line 1, column 8 (byte 8)"}, /* the last byte */
            {"{\"ttl\":1\n", "line 1, column 9 (byte 9)"},
            {"{\"ttl\":1\n\n", "line 2, column 1 (byte 10)"},
            {"{\"ttl\":1\n ", "line 2, column 1 (byte 10)"},
            {"{\n\"ttl\":x}", "line 2, column 7 (byte 9)"},
            {"{}\nx", "line 2, column 1 (byte 4)"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(put(fixture, rows[i][0]), GK_E_BAD_REQUEST);
        if (strstr(fixture->problem.detail, rows[i][1]) == NULL) {
            fail_msg("row %zu: %s", i, fixture->problem.detail);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(unparsable_body_is_reported_by_position_alone),
            TEST(positions_count_from_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

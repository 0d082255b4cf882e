/*
 * If-Match and If-None-Match (RFC 9110, section 13.1).
 */
#include "support/test.h"

#include "api/ghostkey/request.h"

static struct precondition precondition_of(const char *if_match, const char *if_none_match) {
    struct problem problem = PROBLEM_NULL;
    struct precondition precondition;

    assert_int_equal(
            request_decode_precondition(if_match ? span_of(if_match) : SPAN_NULL,
                    if_none_match ? span_of(if_none_match) : SPAN_NULL, &precondition, &problem),
            0);
    return precondition;
}

static void precondition_absent_asks_nothing(void **state) {
    struct precondition precondition = precondition_of(NULL, NULL);

    assert_false(precondition.must_exist || precondition.must_not_exist || precondition.has_match);
    assert_int_equal(precondition.none_match_count, 0);
}

static void precondition_star_asks_for_existence(void **state) {
    struct precondition precondition = precondition_of("*", " * ");

    assert_true(precondition.must_exist);
    assert_true(precondition.must_not_exist);
    assert_false(precondition.has_match);
}

static void precondition_lists_are_read(void **state) {
    struct precondition precondition =
            precondition_of("\"3\" ,, \"4\",", "\"18446744073709551615\"");

    assert_true(precondition.has_match);
    assert_int_equal(precondition.match_count, 2);
    assert_int_equal(precondition.match[0], 3);
    assert_int_equal(precondition.match[1], 4);
    assert_int_equal(precondition.none_match_count, 1);
    assert_true(precondition.none_match[0] == UINT64_MAX);
}

static void precondition_weak_tag_matches_only_if_none_match(void **state) {
    struct precondition precondition = precondition_of("W/\"3\"", "W/\"3\"");

    assert_true(precondition.has_match);
    assert_int_equal(precondition.match_count, 0);
    assert_int_equal(precondition.none_match_count, 1);
    assert_int_equal(precondition.none_match[0], 3);
}

static void precondition_foreign_tag_matches_nothing(void **state) {
    static const char *const tags[] = {"\"\"", "\"03\"", "\"0\"", "\"x\"",
            "\"18446744073709551616\"", "\"\xc3\xa9\"", "\"a,b\""};

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        assert_true(precondition_of(tags[i], NULL).has_match);
        assert_int_equal(precondition_of(tags[i], NULL).match_count, 0);
    }
}

static void precondition_fault_names_the_header(void **state) {
    static const char *const headers[] = {"", " ", ",", "3", "\"3", "3\"", "\"3\"x", "\"3\" \"4\"",
            "*, \"3\"", "\"3\", *", "**", "w/\"3\"", "W/3", "W/", "\"3 \"", "\"\x7f\""};
    struct precondition precondition;

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct problem problem = PROBLEM_NULL;

        assert_int_equal(request_decode_precondition(
                                 span_of(headers[i]), SPAN_NULL, &precondition, &problem),
                GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "'If-Match'"));
        assert_int_equal(request_decode_precondition(
                                 SPAN_NULL, span_of(headers[i]), &precondition, &problem),
                GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "'If-None-Match'"));
    }
}

static void precondition_takes_16_tags_and_no_more(void **state) {
    static const char list[] = "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\",\"b\","
                               "\"c\",\"d\",\"e\",\"f\",\"16\",W/\"17\"";
    struct problem problem = PROBLEM_NULL;
    struct precondition precondition;

    assert_int_equal(request_decode_precondition((struct span){list, sizeof(list) - 7}, SPAN_NULL,
                             &precondition, &problem),
            0);
    assert_int_equal(precondition.match_count, 10);
    assert_int_equal(precondition.match[9], 16);
    assert_int_equal(request_decode_precondition(span_of(list), SPAN_NULL, &precondition, &problem),
            GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "more than 16"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(precondition_absent_asks_nothing),
            cmocka_unit_test(precondition_star_asks_for_existence),
            cmocka_unit_test(precondition_lists_are_read),
            cmocka_unit_test(precondition_weak_tag_matches_only_if_none_match),
            cmocka_unit_test(precondition_foreign_tag_matches_nothing),
            cmocka_unit_test(precondition_fault_names_the_header),
            cmocka_unit_test(precondition_takes_16_tags_and_no_more),
    };

    return cmocka_run_group_tests_name("request_precondition", tests, NULL, NULL);
}

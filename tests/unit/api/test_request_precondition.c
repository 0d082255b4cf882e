/*
 * If-Match and If-None-Match (RFC 9110, section 13.1).
 */
#include "support/test.h"

#include "api/ghostkey/request.h"

static struct span header_of(const char *text) {
    return text == NULL ? SPAN_NULL : span_of(text);
}

/* What the headers expect, in `places`. */
static const struct expectation *decode(
        const char *if_match, const char *if_none_match, struct expectation places[2]) {
    struct problem problem = PROBLEM_NULL;

    assert_int_equal(request_decode_expectations(
                             header_of(if_match), header_of(if_none_match), places, &problem),
            0);
    assert_ptr_equal(places[0].also, &places[1]);
    assert_null(places[1].also);
    return places;
}

static void no_header_expects_nothing(void **state) {
    struct expectation places[2];

    decode(NULL, NULL, places);
    assert_int_equal(places[0].kind, EXPECT_ANY);
    assert_int_equal(places[1].kind, EXPECT_ANY);
}

static void a_star_asks_for_existence(void **state) {
    struct expectation places[2];

    decode("*", " * ", places);
    assert_int_equal(places[0].kind, EXPECT_PRESENT);
    assert_int_equal(places[1].kind, EXPECT_ABSENT);
}

static void lists_are_read(void **state) {
    struct expectation places[2];

    decode("\"3\" ,, \"4\",", "\"18446744073709551615\"", places);
    assert_int_equal(places[0].kind, EXPECT_REVISIONS);
    assert_int_equal(places[0].count, 2);
    assert_int_equal(places[0].revisions[0], 3);
    assert_int_equal(places[0].revisions[1], 4);
    assert_int_equal(places[1].kind, EXPECT_OTHER_REVISIONS);
    assert_int_equal(places[1].count, 1);
    assert_true(places[1].revisions[0] == UINT64_MAX);
}

static void a_weak_tag_counts_only_in_if_none_match(void **state) {
    struct expectation places[2];

    decode("W/\"3\"", "W/\"3\"", places);
    assert_int_equal(places[0].kind, EXPECT_REVISIONS);
    assert_int_equal(places[0].count, 0);
    assert_int_equal(places[1].count, 1);
    assert_int_equal(places[1].revisions[0], 3);
}

static void a_tag_that_is_no_revision_matches_nothing(void **state) {
    static const char *const tags[] = {"\"\"", "\"03\"", "\"0\"", "\"x\"",
            "\"18446744073709551616\"", "\"\xc3\xa9\"", "\"a,b\""};
    struct expectation places[2];

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        decode(tags[i], NULL, places);
        assert_int_equal(places[0].kind, EXPECT_REVISIONS);
        assert_int_equal(places[0].count, 0);
    }
}

static void a_fault_names_the_header(void **state) {
    static const char *const headers[] = {"", " ", ",", "3", "\"3", "3\"", "\"3\"x", "\"3\" \"4\"",
            "*, \"3\"", "\"3\", *", "**", "w/\"3\"", "W/3", "W/", "\"3 \"", "\"\x7f\""};
    struct expectation places[2];

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct problem problem = PROBLEM_NULL;

        assert_int_equal(
                request_decode_expectations(span_of(headers[i]), SPAN_NULL, places, &problem),
                GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "'If-Match'"));
        assert_int_equal(
                request_decode_expectations(SPAN_NULL, span_of(headers[i]), places, &problem),
                GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "'If-None-Match'"));
    }
}

static void sixteen_tags_are_taken_and_no_more(void **state) {
    static const char list[] = "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\",\"b\","
                               "\"c\",\"d\",\"e\",\"f\",\"16\",W/\"17\"";
    struct span sixteen = {list, sizeof(list) - sizeof(",W/\"17\"")};
    struct problem problem = PROBLEM_NULL;
    struct expectation places[2];

    assert_int_equal(request_decode_expectations(sixteen, SPAN_NULL, places, &problem), 0);
    assert_int_equal(places[0].count, 10);
    assert_true(places[0].revisions[9] == 16);
    assert_int_equal(request_decode_expectations(span_of(list), SPAN_NULL, places, &problem),
            GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "more than 16"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(no_header_expects_nothing),
            cmocka_unit_test(a_star_asks_for_existence),
            cmocka_unit_test(lists_are_read),
            cmocka_unit_test(a_weak_tag_counts_only_in_if_none_match),
            cmocka_unit_test(a_tag_that_is_no_revision_matches_nothing),
            cmocka_unit_test(a_fault_names_the_header),
            cmocka_unit_test(sixteen_tags_are_taken_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

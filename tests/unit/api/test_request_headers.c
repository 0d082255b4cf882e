/*
 * The headers: media types, what Accept asks for, Last-Event-ID, and what If-Match and
 * If-None-Match expect (RFC 9110, section 13.1).
 */
#include "api/ghostkey/request.h"
#include "support/test.h"

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

static void media_type_of_json_is_known(void **state) {
    static const char *const json[] = {"application/json", "Application/JSON",
            "application/json; charset=utf-8", "application/json \t;x", "application/json;",
            "application/merge-patch+json", "application/problem+JSON;v=1"};
    static const char *const other[] = {"", "text/json", "application/jsonx", "application/",
            "application/x-www-form-urlencoded", "application/+json", "json", "text/plain+json",
            "application/a b+json", "application/a/b+json", "application/json, text/plain",
            ";application/json", "application/json+xml"};

    assert_true(request_is_json(SPAN_NULL));
    for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
        assert_true(request_is_json(span_of(json[i])));
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        assert_false(request_is_json(span_of(other[i])));
    }
    assert_false(request_is_json((struct span){"application/json\0", 17}));
}

static bool wants(const char *accept) {
    return request_wants_stream(span_of(accept));
}

static void a_stream_is_what_is_asked_for_by_name(void **state) {
    assert_true(wants("text/event-stream"));
    assert_true(wants("TEXT/Event-Stream"));
    assert_true(wants("application/json, text/event-stream"));
    assert_true(wants("text/event-stream;q=0.9,application/json"));
    assert_true(wants(" \t text/event-stream \t; charset=utf-8"));
    assert_true(wants("a/b;x=y,,text/event-stream"));
}

static void anything_else_is_no_stream(void **state) {
    assert_false(request_wants_stream(SPAN_NULL));
    assert_false(wants(""));
    assert_false(wants(","));
    assert_false(wants("*/*"));
    assert_false(wants("text/*"));
    assert_false(wants("application/json"));
    assert_false(wants("text/event-streams"));
    assert_false(wants("text/event-strea"));
    assert_false(wants("x-text/event-stream"));
    assert_false(wants("application/json;note=text/event-stream"));
}

static void assert_last_event(const char *text, uint64_t expected) {
    struct problem problem = PROBLEM_NULL;
    uint64_t seq = 7;

    assert_int_equal(request_decode_last_event(span_of(text), &seq, &problem), 0);
    assert_true(seq == expected);
}

static void assert_no_last_event(const char *text) {
    struct problem problem = PROBLEM_NULL;
    uint64_t seq = 7;

    assert_int_equal(request_decode_last_event(span_of(text), &seq, &problem), GK_E_BAD_REQUEST);
    assert_true(seq == 7);
    assert_non_null(strstr(problem.detail, "Last-Event-ID"));
}

static void the_last_event_is_a_seq(void **state) {
    assert_last_event("0", 0);
    assert_last_event("100000", 100000);
    assert_last_event("18446744073709551615", UINT64_MAX);
    assert_no_last_event("");
    assert_no_last_event("-1");
    assert_no_last_event("+1");
    assert_no_last_event("1.0");
    assert_no_last_event("0x10");
    assert_no_last_event("12 13");
    assert_no_last_event("18446744073709551616");
    assert_no_last_event("99999999999999999999999");
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
            cmocka_unit_test(media_type_of_json_is_known),
            cmocka_unit_test(a_stream_is_what_is_asked_for_by_name),
            cmocka_unit_test(anything_else_is_no_stream),
            cmocka_unit_test(the_last_event_is_a_seq),
    };

    return cmocka_run_group_tests_name("request_headers", tests, NULL, NULL);
}

#include "api/ghostkey/request.h"

#include "support/test.h"

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
            cmocka_unit_test(a_stream_is_what_is_asked_for_by_name),
            cmocka_unit_test(anything_else_is_no_stream),
            cmocka_unit_test(the_last_event_is_a_seq),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

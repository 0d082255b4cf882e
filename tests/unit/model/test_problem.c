#include <string.h>

#include "common/utf8.h"
#include "model/problem.h"
#include "support/test.h"

static void the_outcome_comes_back_with_the_sentence(void **state) {
    struct problem problem = PROBLEM_NULL;

    assert_int_equal(
            problem_set(&problem, GK_E_NO_SECRET, "no secret named '%s'", "é"), GK_E_NO_SECRET);
    assert_string_equal(problem.detail, "no secret named 'é'");
}

static void a_new_sentence_replaces_the_old(void **state) {
    struct problem problem = PROBLEM_NULL;

    (void)problem_set(&problem, GK_E_NO_SECRET, "%s", "a long one that was there before");
    (void)problem_set(&problem, GK_E_NO_SECRET, "%s", "short");
    assert_string_equal(problem.detail, "short");
}

static void a_sentence_may_be_about_a_field(void **state) {
    struct problem problem = PROBLEM_NULL;

    assert_int_equal(problem_set_field(&problem, GK_E_PRECONDITION, FIELD_EXPECTED, "%d", 1),
            GK_E_PRECONDITION);
    assert_int_equal(problem.field, FIELD_EXPECTED);
    assert_null(problem.parameter);
    assert_int_equal(problem_set_parameter(&problem, "length", "%d", 2), GK_E_BAD_REQUEST);
    assert_int_equal(problem.field, FIELD_PARAMETER);
    assert_string_equal(problem.parameter, "length");
    assert_string_equal(problem.detail, "2");
    (void)problem_set(&problem, GK_E_NO_SECRET, "about the whole request again");
    assert_int_equal(problem.field, FIELD_NONE);
    assert_null(problem.parameter);
}

static void what_is_not_utf8_becomes_question_marks(void **state) {
    struct problem problem = PROBLEM_NULL;

    (void)problem_set(&problem, GK_E_BAD_REQUEST, "a%sb", "\xff\xc3");
    assert_string_equal(problem.detail, "a??b");
    (void)problem_set(&problem, GK_E_BAD_REQUEST, "%s", "end \xe2\x82");
    assert_string_equal(problem.detail, "end ??");
}

static void a_cut_does_not_go_through_a_character(void **state) {
    for (size_t pad = PROBLEM_MAX_BYTES - 6; pad < PROBLEM_MAX_BYTES + 2; pad++) {
        struct problem problem = PROBLEM_NULL;
        char text[PROBLEM_MAX_BYTES + 16];
        size_t len;

        memset(text, 'x', pad);
        memcpy(text + pad, "\xf0\x9f\x97\x9d!", sizeof("\xf0\x9f\x97\x9d!"));
        (void)problem_set(&problem, GK_E_BAD_REQUEST, "%s", text);
        len = strlen(problem.detail);
        assert_true(len < PROBLEM_MAX_BYTES);
        assert_true(len + 4 >= PROBLEM_MAX_BYTES - 1);
        assert_null(strchr(problem.detail, '?'));
        for (size_t at = 0; at < len;) {
            size_t width = utf8_character(problem.detail + at, len - at);

            assert_int_not_equal(width, 0);
            at += width;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_outcome_comes_back_with_the_sentence),
            cmocka_unit_test(a_new_sentence_replaces_the_old),
            cmocka_unit_test(a_sentence_may_be_about_a_field),
            cmocka_unit_test(what_is_not_utf8_becomes_question_marks),
            cmocka_unit_test(a_cut_does_not_go_through_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

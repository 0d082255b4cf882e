#include <stdint.h>
#include <string.h>

#include "common/suggest.h"
#include "support/test.h"

static void the_distance_counts_each_kind_of_slip(void **state) {
    assert_int_equal(suggest_distance("get", "get"), 0);
    assert_int_equal(suggest_distance("gt", "get"), 1);
    assert_int_equal(suggest_distance("gett", "get"), 1);
    assert_int_equal(suggest_distance("gat", "get"), 1);
    assert_int_equal(suggest_distance("gte", "get"), 1);
    assert_int_equal(suggest_distance("", "get"), 3);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
}

static void a_very_long_word_is_far_from_all(void **state) {
    char word[200];

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_true(suggest_distance(word, "a") == SIZE_MAX);
}

static void only_what_is_near_is_suggested_and_the_nearest_wins(void **state) {
    assert_string_equal(suggest_better("exprt", NULL, "export"), "export");
    assert_null(suggest_better("zebra", NULL, "export"));
    assert_null(suggest_better("xy", NULL, "get"));
    assert_string_equal(suggest_better("rotat", "status", "rotate"), "rotate");
    assert_string_equal(suggest_better("rotate", "rotate", "status"), "rotate");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_distance_counts_each_kind_of_slip),
            cmocka_unit_test(a_very_long_word_is_far_from_all),
            cmocka_unit_test(only_what_is_near_is_suggested_and_the_nearest_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

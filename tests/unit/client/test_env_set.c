#include "env_set.h"

#include "support/test.h"

static void entries_are_ordered_by_the_bytes_of_their_environment_name(void **state) {
    struct env_entry entries[] = {
            {.env = "b", .name = "1"},
            {.env = "A_B", .name = "2"},
            {.env = "AB", .name = "3"},
            {.env = "A", .name = "4"},
            {.env = "_", .name = "5"},
    };
    static const char *const wanted[] = {"A", "AB", "A_B", "_", "b"};

    assert_int_equal(env_set_arrange(entries, 5), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(entries[i].env, wanted[i]);
    }
}

static void each_pair_that_shares_a_name_counts(void **state) {
    struct env_entry entries[] = {
            {.env = "X", .name = "x"},
            {.env = "Y", .name = "y"},
            {.env = "X", .name = "a/x"},
            {.env = "X", .name = "b"},
            {.env = "Y", .name = "y2"},
    };

    assert_int_equal(env_set_arrange(entries, 5), 3);
    assert_string_equal(entries[0].name, "a/x");
    assert_string_equal(entries[1].name, "b");
}

static void nothing_is_in_order(void **state) {
    assert_int_equal(env_set_arrange(NULL, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(entries_are_ordered_by_the_bytes_of_their_environment_name),
            cmocka_unit_test(each_pair_that_shares_a_name_counts),
            cmocka_unit_test(nothing_is_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "option.h"

#include <string.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "support/test.h"

static const struct option_spec own[] = {
        {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "x"},
        {"no-newline", 'n', OPTION_TAKES_NOTHING, NULL, "x"},
        {"output", 'o', OPTION_TAKES_VALUE, "FILE", "x"},
        {"export", '\0', OPTION_MAY_TAKE_VALUE, "FILE", "x"},
        {NULL},
};
static const struct option_spec global[] = {
        {"json", '\0', OPTION_TAKES_NOTHING, NULL, "x"},
        {"ttl", '\0', OPTION_TAKES_NOTHING, NULL, "hidden by the other"},
        {NULL},
};
static const struct option_spec *const tables[] = {own, global};

#define AUTO_LIST GK_CLEANUP(option_list_deinit) struct option_list

/* The words, up to NULL, read into `list`. */
static int read_words(struct option_list *list, bool only_leading, const char *const *words) {
    char *argv[8];
    int count = 0;

    while (words[count] != NULL) {
        count++;
    }
    assert_true(count <= 8);
    memcpy(argv, words, (size_t)count * sizeof(*argv)); /* main() gets them without const */
    return option_list_read(list, tables, count, argv, only_leading);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void values_come_in_every_spelling(void **state) {
    AUTO_LIST list = {0};

    assert_int_equal(read_words(&list, false, WORDS("--ttl", "1h", "-ofile", "-n", "--json")), 0);
    assert_string_equal(option_value(&list, "ttl"), "1h");
    assert_string_equal(option_value(&list, "output"), "file");
    assert_true(option_is_given(&list, "no-newline"));
    assert_true(option_is_given(&list, "json"));
    assert_int_equal(list.argument_count, 0);
}

static void letters_join(void **state) {
    AUTO_LIST list = {0};

    assert_int_equal(read_words(&list, false, WORDS("-no", "file", "rest")), 0);
    assert_true(option_is_given(&list, "no-newline"));
    assert_string_equal(option_value(&list, "output"), "file");
    assert_int_equal(list.argument_count, 1);
}

static void an_empty_value_is_a_value(void **state) {
    AUTO_LIST list = {0};

    assert_int_equal(read_words(&list, false, WORDS("--ttl=", "--output", "")), 0);
    assert_string_equal(option_value(&list, "ttl"), "");
    assert_string_equal(option_value(&list, "output"), "");
}

static void arguments_and_options_mix_until_two_dashes(void **state) {
    AUTO_LIST list = {0};

    assert_int_equal(read_words(&list, false, WORDS("a", "-n", "-", "--", "--ttl", "--")), 0);
    assert_int_equal(list.argument_count, 4);
    assert_string_equal(list.arguments[0], "a");
    assert_string_equal(list.arguments[1], "-");
    assert_string_equal(list.arguments[2], "--ttl");
    assert_string_equal(list.arguments[3], "--");
    assert_null(option_value(&list, "ttl"));
}

static void leading_options_end_at_the_first_argument(void **state) {
    AUTO_LIST list = {0};

    assert_int_equal(read_words(&list, true, WORDS("--json", "get", "--nonsense", "-n")), 0);
    assert_true(option_is_given(&list, "json"));
    assert_int_equal(list.argument_count, 3);
    assert_string_equal(list.arguments[1], "--nonsense");
}

static void an_optional_value_needs_its_equals_sign(void **state) {
    AUTO_LIST list = {0};

    assert_int_equal(read_words(&list, false, WORDS("--export", "name")), 0);
    assert_true(option_is_given(&list, "export"));
    assert_null(option_value(&list, "export"));
    assert_int_equal(list.argument_count, 1);
    assert_int_equal(read_words(&list, false, WORDS("--export=f")), 0);
    assert_string_equal(option_value(&list, "export"), "f");
}

static void a_repeated_option_keeps_all_and_tells_the_last(void **state) {
    AUTO_LIST list = {0};
    size_t place = 0;

    assert_int_equal(read_words(&list, false, WORDS("--ttl=1s", "-n", "--ttl=2s")), 0);
    assert_string_equal(option_value(&list, "ttl"), "2s");
    assert_string_equal(option_next_value(&list, "ttl", &place), "1s");
    assert_string_equal(option_next_value(&list, "ttl", &place), "2s");
    assert_null(option_next_value(&list, "ttl", &place));
}

static void what_no_table_has_is_a_usage_error(void **state) {
    const char *const *bad[] = {WORDS("--nonsense"), WORDS("--tt", "1s"), WORDS("-x"),
            WORDS("--json=1"), WORDS("--ttl"), WORDS("-o"), WORDS("-nx"), WORDS("--=x")};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_LIST list = {0};

        assert_int_equal(read_words(&list, false, bad[i]), GK_EXIT_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(values_come_in_every_spelling),
            cmocka_unit_test(letters_join),
            cmocka_unit_test(an_empty_value_is_a_value),
            cmocka_unit_test(arguments_and_options_mix_until_two_dashes),
            cmocka_unit_test(leading_options_end_at_the_first_argument),
            cmocka_unit_test(an_optional_value_needs_its_equals_sign),
            cmocka_unit_test(a_repeated_option_keeps_all_and_tells_the_last),
            cmocka_unit_test(what_no_table_has_is_a_usage_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

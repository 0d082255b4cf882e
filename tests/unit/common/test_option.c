#include <stdio.h>
#include <string.h>

#include "common/option.h"
#include "ghostkey/error.h"
#include "support/test.h"

static const struct option_spec own[] = {
        {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "x"},
        {"no-newline", 'n', OPTION_TAKES_NOTHING, NULL, "x"},
        {"output", 'o', OPTION_TAKES_VALUE, "FILE", "x"},
        {"export", '\0', OPTION_MAY_TAKE_VALUE, "FILE", "x"},
        {"seed", 's', OPTION_TAKES_VALUE, "TEXT", "x", true},
        {NULL},
};
static const struct option_spec global[] = {
        {"json", '\0', OPTION_TAKES_NOTHING, NULL, "x"},
        {"ttl", '\0', OPTION_TAKES_NOTHING, NULL, "hidden by the other"},
        {NULL},
};
#define LIST \
    { \
        .tables = { own, global } \
    }
#define WORDS_MAX 8
#define WORD_MAX_BYTES 64

/* The words, up to NULL, read into *list, from a command line that can be written to. */
static int read_words(struct option_list *list, const char *const *words) {
    static char line[WORDS_MAX][WORD_MAX_BYTES];
    char *argv[WORDS_MAX];
    int count = 0;

    for (; words[count] != NULL; count++) {
        assert_true(count < WORDS_MAX);
        (void)snprintf(line[count], WORD_MAX_BYTES, "%s", words[count]);
        argv[count] = line[count];
    }
    return option_list_read(list, count, argv);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void values_come_in_every_spelling(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    assert_int_equal(read_words(&list, WORDS("--ttl", "1h", "-ofile", "-n", "--json")), 0);
    assert_string_equal(option_value(&list, "ttl"), "1h");
    assert_string_equal(option_value(&list, "output"), "file");
    assert_true(option_is_given(&list, "no-newline"));
    assert_true(option_is_given(&list, "json"));
    assert_int_equal(list.argument_count, 0);
}

static void the_end_of_the_options_divides_the_arguments(void **state) {
    OPTION_LIST_AUTO struct option_list divided = LIST;
    OPTION_LIST_AUTO struct option_list whole = LIST;
    OPTION_LIST_AUTO struct option_list empty = LIST;

    assert_int_equal(read_words(&divided, WORDS("a", "-n", "b", "--", "c", "--", "-n")), 0);
    assert_int_equal(divided.leading_count, 2);
    assert_int_equal(divided.argument_count, 5);
    assert_int_equal(read_words(&whole, WORDS("a", "b")), 0);
    assert_int_equal(whole.leading_count, 2);
    assert_int_equal(read_words(&empty, WORDS("--", "a")), 0);
    assert_int_equal(empty.leading_count, 0);
}

static void letters_join(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    assert_int_equal(read_words(&list, WORDS("-no", "file", "rest")), 0);
    assert_true(option_is_given(&list, "no-newline"));
    assert_string_equal(option_value(&list, "output"), "file");
    assert_int_equal(list.argument_count, 1);
}

static void an_empty_value_is_a_value(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    assert_int_equal(read_words(&list, WORDS("--ttl=", "--output", "")), 0);
    assert_string_equal(option_value(&list, "ttl"), "");
    assert_string_equal(option_value(&list, "output"), "");
}

static void arguments_and_options_mix_until_two_dashes(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    assert_int_equal(read_words(&list, WORDS("a", "-n", "-", "--", "--ttl", "--")), 0);
    assert_int_equal(list.argument_count, 4);
    assert_string_equal(list.arguments[0], "a");
    assert_string_equal(list.arguments[1], "-");
    assert_string_equal(list.arguments[2], "--ttl");
    assert_string_equal(list.arguments[3], "--");
    assert_null(option_value(&list, "ttl"));
}

static void leading_options_end_at_the_first_argument(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    list.only_leading = true;
    assert_int_equal(read_words(&list, WORDS("--json", "get", "--nonsense", "-n")), 0);
    assert_true(option_is_given(&list, "json"));
    assert_int_equal(list.argument_count, 3);
    assert_string_equal(list.arguments[1], "--nonsense");
}

static void an_optional_value_needs_its_equals_sign(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    assert_int_equal(read_words(&list, WORDS("--export", "name")), 0);
    assert_true(option_is_given(&list, "export"));
    assert_null(option_value(&list, "export"));
    assert_int_equal(list.argument_count, 1);
    assert_int_equal(read_words(&list, WORDS("--export=f")), 0);
    assert_string_equal(option_value(&list, "export"), "f");
}

static void every_value_of_a_repeated_option_is_kept(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;
    size_t place = 0;

    assert_int_equal(read_words(&list, WORDS("--ttl=1s", "-n", "--ttl=2s")), 0);
    assert_string_equal(option_value(&list, "ttl"), "2s");
    assert_string_equal(option_next_value(&list, "ttl", &place), "1s");
    assert_string_equal(option_next_value(&list, "ttl", &place), "2s");
    assert_null(option_next_value(&list, "ttl", &place));
}

static void what_is_wrong_is_named(void **state) {
    static const struct {
        const char *words[4];
        const char *fault;
    } rows[] = {
            {{"--nonsense"}, "unknown option '--nonsense'; '--help' lists the options"},
            {{"--nonsense=x"}, "unknown option '--nonsense'; '--help' lists the options"},
            {{"a", "-x"}, "unknown option '-x'; '--help' lists the options"},
            {{"--otuput", "x"}, "unknown option '--otuput'; did you mean '--output'?"},
            {{"--tt", "1s"}, "unknown option '--tt'; did you mean '--ttl'?"},
            {{"--ex=f"}, "unknown option '--ex'; did you mean '--export'?"},
            {{"--json=1"}, "'--json' takes no value"},
            {{"-n", "--ttl"}, "'--ttl' needs a value: --ttl TTL"},
            {{"-o"}, "'--output' needs a value: --output FILE"},
    };

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        OPTION_LIST_AUTO struct option_list list = LIST;

        assert_int_equal(read_words(&list, rows[at].words), GK_E_BAD_REQUEST);
        assert_string_equal(list.fault, rows[at].fault);
    }
}

/* Words that do not look like an option, that follow a secret, or that may be a secret's value. */
static void what_may_be_secret_is_not_shown(void **state) {
    static const struct {
        bool hides_words;
        const char *words[4];
        const char *fault;
    } rows[] = {
            {false, {"-tomato"}, "argument 1 begins with '-' but is no option; "},
            {false, {"-ntomato"}, "argument 1 begins with '-' but is no option; "},
            {false, {"--to mato"}, "argument 1 begins with '-' but is no option; "},
            {false, {"a", "--to\nmato"}, "argument 2 begins with '-' but is no option; "},
            {false, {"--tomatotomatotomatotomatotomatotomatotomato"}, "argument 1 begins"},
            {false, {"-sx", "--tomato"}, "argument 2 begins with '-' but is no option; "},
            {false, {"--seed", "x", "-t"}, "argument 3 begins with '-' but is no option; "},
            {true, {"--tomato"}, "argument 1 begins with '-' but is no option; "},
            {true, {"-t"}, "argument 1 begins with '-' but is no option; "},
            {true, {"--outputs"}, "argument 1 is an unknown option; did you mean '--output'?"},
            {false, {"--otuput=tomato"}, "unknown option '--otuput'; did you mean '--output'?"},
            {false, {"--json=tomato"}, "'--json' takes no value"},
    };

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        OPTION_LIST_AUTO struct option_list list = LIST;

        list.hides_words = rows[at].hides_words;
        list.value_hint = "HINT";
        assert_int_equal(read_words(&list, rows[at].words), GK_E_BAD_REQUEST);
        assert_memory_equal(list.fault, rows[at].fault, strlen(rows[at].fault));
        assert_null(strstr(list.fault, "mato"));
        assert_true(strstr(list.fault, "no option") == NULL || strstr(list.fault, "HINT") != NULL);
    }
}

/* A caller can look at what was given before the word that is wrong, and can write to its value. */
static void what_stands_before_a_wrong_word_is_in_the_list(void **state) {
    OPTION_LIST_AUTO struct option_list list = LIST;

    assert_int_equal(read_words(&list, WORDS("--seed=x", "a", "-?", "-n")), GK_E_BAD_REQUEST);
    assert_int_equal(list.given_count, 1);
    assert_string_equal(list.given[0].spec->name, "seed");
    list.given[0].value[0] = 'y';
    assert_string_equal(option_value(&list, "seed"), "y");
    assert_int_equal(list.argument_count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(values_come_in_every_spelling),
            cmocka_unit_test(the_end_of_the_options_divides_the_arguments),
            cmocka_unit_test(letters_join),
            cmocka_unit_test(an_empty_value_is_a_value),
            cmocka_unit_test(arguments_and_options_mix_until_two_dashes),
            cmocka_unit_test(leading_options_end_at_the_first_argument),
            cmocka_unit_test(an_optional_value_needs_its_equals_sign),
            cmocka_unit_test(every_value_of_a_repeated_option_is_kept),
            cmocka_unit_test(what_is_wrong_is_named),
            cmocka_unit_test(what_may_be_secret_is_not_shown),
            cmocka_unit_test(what_stands_before_a_wrong_word_is_in_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

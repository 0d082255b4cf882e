#include <string.h>

#include "support/test.h"
#include "terminal/fold.h"

static void assert_folded(const char *text, const char *wanted) {
    BUFFER_AUTO struct buffer folded = BUFFER_NULL;

    fold_append(&folded, text, 12);
    assert_string_equal(buffer_string(&folded), wanted);
}

static void what_fits_stays_as_it_is(void **state) {
    assert_folded("one two  six", "one two  six");
}

static void a_row_ends_between_words(void **state) {
    assert_folded("one two three four", "one two\n  three four");
    assert_folded("ä ö ü é è ê ñ ß", "ä ö ü é è ê\n  ñ ß");
}

static void a_character_has_its_own_width(void **state) {
    assert_folded("日本 日本 日本", "日本 日本\n  日本");
    assert_folded("e\u0301e\u0301e\u0301 e\u0301e\u0301e\u0301 e\u0301e\u0301e\u0301",
            "e\u0301e\u0301e\u0301 e\u0301e\u0301e\u0301 e\u0301e\u0301e\u0301");
    assert_folded("\xff\xff\xff \xff\xff\xff \xff\xff\xff \xff",
            "\xff\xff\xff \xff\xff\xff \xff\xff\xff\n  \xff");
}

static void a_word_that_is_too_long_is_left_to_the_terminal(void **state) {
    assert_folded("a /very/long/path/here b", "a\n  /very/long/path/here\n  b");
}

static void what_is_quoted_stays_whole(void **state) {
    assert_folded("say 'one two three' now", "say\n  'one two three'\n  now");
    assert_folded("GhostKey's one two", "GhostKey's\n  one two");
    assert_folded("all of ' \" and more of it", "all of ' \"\n  and more\n  of it");
    assert_folded(
            "a $( and '), which one would run '", "a $( and '),\n  which one\n  would run\n  '");
}

static void an_option_keeps_its_value(void **state) {
    assert_folded("give it --ttl 15m", "give it\n  --ttl 15m");
    assert_folded("give it --ttl, or none", "give it\n  --ttl, or\n  none");
    assert_folded("as run -- npm start", "as run --\n  npm start");
    assert_folded("as given by --ttl ", "as given by\n  --ttl ");
}

static void rows_are_indented_as_asked(void **state) {
    BUFFER_AUTO struct buffer folded = BUFFER_NULL;

    fold_append_indented(&folded, "  a   one two three four", 12, 6);
    assert_string_equal(buffer_string(&folded), "  a   one\n      two\n      three\n      four");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_fits_stays_as_it_is),
            cmocka_unit_test(a_row_ends_between_words),
            cmocka_unit_test(a_character_has_its_own_width),
            cmocka_unit_test(a_word_that_is_too_long_is_left_to_the_terminal),
            cmocka_unit_test(what_is_quoted_stays_whole),
            cmocka_unit_test(an_option_keeps_its_value),
            cmocka_unit_test(rows_are_indented_as_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

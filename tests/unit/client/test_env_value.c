#include <string.h>

#include "env/env_value.h"
#include "support/test.h"

static bool bare(const char *value) {
    return env_value_is_bare(value, strlen(value));
}

static bool noncharacter(const char *value) {
    return env_value_has_noncharacter(value, strlen(value));
}

static void bare_is_what_every_reader_reads_the_same(void **state) {
    assert_true(bare(""));
    assert_true(bare("Az09_./:@%+,=-"));
    assert_true(bare("a="));
    assert_true(bare("a:b=c"));
    assert_false(bare("=a"));
    assert_false(bare("a:=b")); /* zsh */
    assert_false(bare("a b"));
    assert_false(bare("a~"));
    assert_false(bare("\xc3\xa4"));
    assert_false(env_value_is_bare("a\0b", 3));
}

static void the_66_noncharacters_are_known(void **state) {
    assert_true(noncharacter("\xef\xb7\x90"));      /* U+FDD0 */
    assert_true(noncharacter("a\xef\xb7\xafz"));    /* U+FDEF */
    assert_false(noncharacter("\xef\xb7\x8f"));     /* U+FDCF */
    assert_false(noncharacter("\xef\xb7\xb0"));     /* U+FDF0 */
    assert_true(noncharacter("\xef\xbf\xbe"));      /* U+FFFE */
    assert_true(noncharacter("\xef\xbf\xbf"));      /* U+FFFF */
    assert_false(noncharacter("\xef\xbf\xbd"));     /* U+FFFD */
    assert_true(noncharacter("\xf0\x9f\xbf\xbe"));  /* U+1FFFE */
    assert_true(noncharacter("\xf4\x8f\xbf\xbf"));  /* U+10FFFF */
    assert_false(noncharacter("\xf0\x9f\xbf\xbd")); /* U+1FFFD */
    assert_false(noncharacter("\xe1\xbf\xbe"));     /* U+1FFE */
    assert_false(noncharacter("\xf0\x90\xbf\xbe")); /* U+10FFE */
    assert_false(noncharacter(""));
}

static void words_have_neither_blanks_nor_quotes(void **state) {
    assert_true(env_value_is_word("C:\\x\\", 5));
    assert_false(env_value_is_word("a b", 3));
    assert_false(env_value_is_word("a#", 2));
    assert_false(env_value_is_word("'", 1));
    assert_false(env_value_is_word("\xc3\xa4", 2));
    assert_false(env_value_is_word("a\x7f", 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(bare_is_what_every_reader_reads_the_same),
            cmocka_unit_test(the_66_noncharacters_are_known),
            cmocka_unit_test(words_have_neither_blanks_nor_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

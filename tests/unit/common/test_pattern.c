#include "common/pattern.h"
#include "ghostkey/protocol.h"
#include "support/test.h"

static bool matches(const char *pattern, const char *name) {
    return pattern_matches(pattern, span_of(name));
}

static void a_pattern_without_wildcards_is_one_name(void **state) {
    assert_true(matches("app/db_pass", "app/db_pass"));
    assert_false(matches("app/db_pass", "app/db_pas"));
    assert_false(matches("app/db_pass", "app/db_pass2"));
    assert_false(matches("app/db_pass", "xapp/db_pass"));
    assert_false(matches("", "a"));
    assert_true(matches("[a-b]", "[a-b]")); /* no sets */
    assert_false(matches("[a-b]", "a"));
    assert_false(matches("a\\*", "a*"));
}

static void a_question_mark_is_one_byte_of_a_segment(void **state) {
    assert_true(matches("a?c", "abc"));
    assert_true(matches("???", "a.c"));
    assert_false(matches("a?c", "ac"));
    assert_false(matches("a?c", "abbc"));
    assert_false(matches("a?c", "a/c"));
    assert_false(matches("?", ""));
}

static void an_asterisk_stays_in_its_segment(void **state) {
    assert_true(matches("*", "db_pass"));
    assert_true(matches("db*", "db"));
    assert_true(matches("*_pass", "db_pass"));
    assert_true(matches("app/*", "app/db_pass"));
    assert_true(matches("app/*/key", "app/web/key"));
    assert_true(matches("a*b*c", "abbcbc"));
    assert_false(matches("*", "app/db_pass"));
    assert_false(matches("app*", "app/db_pass"));
    assert_false(matches("app/*", "app/web/key"));
    assert_false(matches("app/*", "app"));
    assert_false(matches("a*b*c", "abbcbd"));
}

static void two_asterisks_cross_segments(void **state) {
    assert_true(matches("**", "app/web/key"));
    assert_true(matches("app/**", "app/web/key"));
    assert_true(matches("app**", "app"));
    assert_true(matches("app**", "application/key"));
    assert_true(matches("**/key", "app/web/key"));
    assert_true(matches("a**z?", "a/b/c/zd"));
    assert_false(matches("app/**", "app"));
    assert_false(matches("**/key", "key"));
    assert_false(matches("a**z?", "a/b/c/z/"));
}

/* Three of them are `**` and `*`, which is as much as `**`. */
static void more_asterisks_than_two_are_as_two(void **state) {
    assert_true(matches("***", "app/web/key"));
    assert_true(matches("a***y", "app/web/key"));
    assert_true(matches("a****y", "app/web/key"));
    assert_false(matches("b***", "app/web/key"));
}

/* By trying each length for each wildcard, as nothing else here does. */
static bool matches_slowly(const char *pattern, const char *name) {
    bool is_double = pattern[0] == '*' && pattern[1] == '*';

    if (*pattern == '\0') {
        return *name == '\0';
    }
    if (*pattern != '*') {
        return *name != '\0' && (*pattern == '?' ? *name != '/' : *pattern == *name) &&
               matches_slowly(pattern + 1, name + 1);
    }
    for (;; name++) {
        if (matches_slowly(pattern + 1 + is_double, name)) {
            return true;
        }
        if (*name == '\0' || (*name == '/' && !is_double)) {
            return false;
        }
    }
}

/* The nth text of at most max bytes of the alphabet; false: there are no more. */
static bool nth_text(size_t nth, const char *alphabet, size_t max, char *text) {
    size_t base = strlen(alphabet) + 1;
    size_t len = 0;

    for (size_t i = 0; i < max; i++, nth /= base) {
        if (nth % base != 0) {
            text[len++] = alphabet[nth % base - 1];
        }
    }
    text[len] = '\0';
    return nth == 0;
}

static void every_short_pattern_matches_what_a_slow_search_finds(void **state) {
    char pattern[6];
    char name[5];
    size_t found = 0;

    for (size_t p = 0; nth_text(p, "a/?*", 5, pattern); p++) {
        for (size_t n = 0; nth_text(n, "a/b", 4, name); n++) {
            bool is_match = matches_slowly(pattern, name);

            found += is_match;
            if (matches(pattern, name) != is_match) {
                fail_msg("'%s' and '%s': %d", pattern, name, !is_match);
            }
        }
    }
    assert_true(found > 10000);
}

/* Trying each length would take longer than the age of the world. */
static void many_asterisks_take_no_time(void **state) {
    char pattern[2 * GK_NAME_MAX_BYTES + 2];
    char name[GK_NAME_MAX_BYTES + 1];

    for (size_t i = 0; i < GK_NAME_MAX_BYTES; i++) {
        memcpy(pattern + 2 * i, "*a", 2);
    }
    strcpy(pattern + 2 * GK_NAME_MAX_BYTES, "b");
    memset(name, 'a', GK_NAME_MAX_BYTES);
    assert_false(pattern_matches(pattern, (struct span){name, GK_NAME_MAX_BYTES}));
    pattern[2 * GK_NAME_MAX_BYTES] = '\0';
    assert_true(pattern_matches(pattern, (struct span){name, GK_NAME_MAX_BYTES}));
}

static void a_name_longer_than_any_matches_nothing(void **state) {
    char name[GK_NAME_MAX_BYTES + 1];

    memset(name, 'a', sizeof(name));
    assert_true(pattern_matches("**", (struct span){name, GK_NAME_MAX_BYTES}));
    assert_false(pattern_matches("**", (struct span){name, sizeof(name)}));
}

static void wildcards_are_told_from_names(void **state) {
    assert_false(pattern_has_wildcard("app/db_pass"));
    assert_false(pattern_has_wildcard(""));
    assert_true(pattern_has_wildcard("app/*"));
    assert_true(pattern_has_wildcard("db?"));
    assert_int_equal(pattern_prefix_len("app/*"), 4);
    assert_int_equal(pattern_prefix_len("app/d?_*"), 5);
    assert_int_equal(pattern_prefix_len("**"), 0);
    assert_int_equal(pattern_prefix_len("db_pass"), 7);
    assert_int_equal(pattern_suffix_len("*/pass"), 5);
    assert_int_equal(pattern_suffix_len("a?b*c_d"), 3);
    assert_int_equal(pattern_suffix_len("app/**"), 0);
    assert_int_equal(pattern_suffix_len("db_pass"), 7);
    assert_int_equal(pattern_suffix_len(""), 0);
}

static void a_byte_that_no_name_has_is_not_valid(void **state) {
    assert_true(pattern_is_valid("app/**/db-?.key+=@!%"));
    assert_true(pattern_is_valid(""));
    assert_false(pattern_is_valid("app/[ab]"));
    assert_false(pattern_is_valid("a b*"));
    assert_false(pattern_is_valid("*\n"));
    assert_false(pattern_is_valid("\xc3\xbc*"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_pattern_without_wildcards_is_one_name),
            cmocka_unit_test(a_question_mark_is_one_byte_of_a_segment),
            cmocka_unit_test(an_asterisk_stays_in_its_segment),
            cmocka_unit_test(two_asterisks_cross_segments),
            cmocka_unit_test(more_asterisks_than_two_are_as_two),
            cmocka_unit_test(every_short_pattern_matches_what_a_slow_search_finds),
            cmocka_unit_test(many_asterisks_take_no_time),
            cmocka_unit_test(a_name_longer_than_any_matches_nothing),
            cmocka_unit_test(wildcards_are_told_from_names),
            cmocka_unit_test(a_byte_that_no_name_has_is_not_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

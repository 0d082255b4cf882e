#include "common/name.h"
#include "support/test.h"

static void legal_names_have_no_fault(void **state) {
    static const char *const names[] = {
            "a", "db_pass", "app/db-pass", "A.b_c+d=e@f-0", "0", "...", ".a", "..a/b..", "a/.b/c."};
    char longest[GK_NAME_MAX_BYTES];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_null(name_fault(span_of(names[i])));
        assert_true(name_has_only_name_bytes(span_of(names[i])));
    }
    memset(longest, 'n', sizeof(longest));
    assert_null(name_fault((struct span){longest, sizeof(longest)}));
}

static void illegal_names_have_one(void **state) {
    static const char *const names[] = {"", "/", "/a", "a/", "a//b", ".", "..", "a/.", "../a",
            "a/./b", "a/../b", "a b", "a\n", "é", "a~b", "a:b", "a\\b", "a,b", "\x7f"};
    char too_long[GK_NAME_MAX_BYTES + 1];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(name_fault(span_of(names[i])));
    }
    memset(too_long, 'n', sizeof(too_long));
    assert_non_null(name_fault((struct span){too_long, sizeof(too_long)}));
    assert_non_null(name_fault(SPAN_LITERAL("a\0b")));
    assert_non_null(name_fault(SPAN_NULL));
}

static void every_byte_is_judged_as_the_contract_says(void **state) {
    static const char legal[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+=@!%-";

    for (int byte = 0; byte < 256; byte++) {
        char name[] = {'a', (char)byte, 'a'};
        bool is_legal = byte == '/' || (byte != 0 && strchr(legal, byte) != NULL);

        assert_int_equal(name_fault((struct span){name, 3}) == NULL, is_legal);
        assert_int_equal(name_has_only_name_bytes((struct span){name, 3}), is_legal);
    }
}

static void a_prefix_need_not_be_a_name(void **state) {
    char too_long[GK_NAME_MAX_BYTES + 1];

    memset(too_long, 'n', sizeof(too_long));
    assert_true(name_has_only_name_bytes(SPAN_LITERAL("app/")));
    assert_true(name_has_only_name_bytes(SPAN_LITERAL("..")));
    assert_true(name_has_only_name_bytes(SPAN_NULL));
    assert_false(name_has_only_name_bytes(SPAN_LITERAL("app/ ")));
    assert_false(name_has_only_name_bytes((struct span){too_long, sizeof(too_long)}));
}

static void environment_names_are_checked(void **state) {
    char longest[GK_ENV_MAX_BYTES + 1];

    memset(longest, 'N', sizeof(longest));
    assert_true(env_name_is_valid(SPAN_LITERAL("DB_PASS")));
    assert_true(env_name_is_valid(SPAN_LITERAL("_")));
    assert_true(env_name_is_valid(SPAN_LITERAL("a0")));
    assert_true(env_name_is_valid((struct span){longest, GK_ENV_MAX_BYTES}));
    assert_false(env_name_is_valid((struct span){longest, sizeof(longest)}));
    assert_false(env_name_is_valid(SPAN_NULL));
    assert_false(env_name_is_valid(SPAN_LITERAL("0A")));
    assert_false(env_name_is_valid(SPAN_LITERAL("A-B")));
    assert_false(env_name_is_valid(SPAN_LITERAL("A\0B")));
    assert_false(env_name_is_valid(SPAN_LITERAL("\xc3\x89")));
}

static void assert_env_name(const char *name, const char *wanted) {
    char place[GK_NAME_MAX_BYTES + 1];
    size_t len = env_name_default(span_of(name), place);

    assert_true(span_is((struct span){place, len}, wanted));
}

static void the_default_environment_name_follows_the_name(void **state) {
    char name[GK_NAME_MAX_BYTES];
    char place[GK_NAME_MAX_BYTES + 1];

    assert_env_name("app/db-pass", "APP_DB_PASS");
    assert_env_name("a.b+c=d@e", "A_B_C_D_E");
    assert_env_name("0day", "_0DAY");
    assert_env_name("Zz9", "ZZ9");
    memset(name, '1', sizeof(name));
    assert_int_equal(env_name_default((struct span){name, sizeof(name)}, place), sizeof(place));
}

static void an_environment_name_is_a_valid_one_or_the_default(void **state) {
    char name[GK_NAME_MAX_BYTES];
    char place[GK_NAME_MAX_BYTES + 1];
    struct span longest = {name, sizeof(name)};

    memset(name, '1', sizeof(name));
    assert_int_equal(env_name_default(longest, place), GK_ENV_MAX_BYTES + 1);
    assert_true(env_name_is_of((struct span){place, sizeof(place)}, longest));
    assert_false(env_name_is_of((struct span){place, sizeof(place)}, SPAN_LITERAL("1")));
    assert_true(env_name_is_of(SPAN_LITERAL("OTHER"), longest));
    assert_false(env_name_is_of(SPAN_LITERAL("0"), SPAN_LITERAL("0")));
    assert_false(env_name_is_of(SPAN_NULL, SPAN_LITERAL("a")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(legal_names_have_no_fault),
            cmocka_unit_test(illegal_names_have_one),
            cmocka_unit_test(every_byte_is_judged_as_the_contract_says),
            cmocka_unit_test(a_prefix_need_not_be_a_name),
            cmocka_unit_test(environment_names_are_checked),
            cmocka_unit_test(the_default_environment_name_follows_the_name),
            cmocka_unit_test(an_environment_name_is_a_valid_one_or_the_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "secret_name.h"
#include "support/test.h"

static void names_of_the_contract_are_valid(void **state) {
    static const char *const good[] = {"a", "db_pass", "app/db-pass", "a.b", "a..b", "...", "..a",
            ".a", "A@b+c=d", "0", "a/b/c/d", "-", "="};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(secret_name_is_valid(good[i]));
        assert_int_equal(secret_name_check(good[i]), GK_EXIT_DONE);
    }
}

static void other_names_are_not(void **state) {
    static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..", "a/.", "a/../b",
            "./a", "a b", "a\n", "ä", "a~", "a:b", "a?b"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(secret_name_is_valid(bad[i]));
        assert_int_equal(secret_name_check(bad[i]), GK_EXIT_USAGE);
    }
}

static void the_longest_name_has_255_bytes(void **state) {
    char name[GK_NAME_MAX_BYTES + 2];

    memset(name, 'a', sizeof(name));
    name[GK_NAME_MAX_BYTES] = '\0';
    assert_true(secret_name_is_valid(name));
    name[GK_NAME_MAX_BYTES] = 'a';
    name[GK_NAME_MAX_BYTES + 1] = '\0';
    assert_false(secret_name_is_valid(name));
}

static void what_a_url_would_take_otherwise_is_encoded(void **state) {
    BUFFER_AUTO struct buffer url = BUFFER_NULL;

    secret_name_append_url(&url, "a/b-c._~+@= %?#&\xc3\xa4");
    assert_string_equal(buffer_string(&url), "a/b-c._~%2B%40%3D%20%25%3F%23%26%C3%A4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_of_the_contract_are_valid),
            cmocka_unit_test(other_names_are_not),
            cmocka_unit_test(the_longest_name_has_255_bytes),
            cmocka_unit_test(what_a_url_would_take_otherwise_is_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

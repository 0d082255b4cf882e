#include <stdlib.h>

#include "common/name.h"
#include "model/path_name.h"
#include "support/test.h"

static void assert_kept_as(enum path_rule rule, const char *path, const char *wanted) {
    char place[GK_NAME_MAX_BYTES];
    char back_place[GK_NAME_MAX_BYTES];
    struct span name;
    struct span back;

    assert_null(path_name(rule, span_of(path), place, &name));
    assert_int_equal(name.len, strlen(wanted));
    assert_memory_equal(name.data, wanted, name.len);
    assert_null(name_fault(name));
    assert_true(path_of_name(rule, name, back_place, &back));
    assert_int_equal(back.len, strlen(path));
    assert_memory_equal(back.data, path, back.len);
}

static void a_name_is_its_own_path(void **state) {
    static const char *const names[] = {"a", "app/db", "a.b/c..d/...", "A-Z_0+=@!"};

    for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
        assert_kept_as(PATH_SLASHES_AND_DOTS, names[at], names[at]);
        assert_kept_as(PATH_ALL_BYTES, names[at], names[at]);
    }
}

static void slashes_that_names_lack_are_escaped(void **state) {
    assert_kept_as(PATH_SLASHES_AND_DOTS, "/prod/db", "%2Fprod/db");
    assert_kept_as(PATH_SLASHES_AND_DOTS, "prod/", "prod%2F");
    assert_kept_as(PATH_SLASHES_AND_DOTS, "a//c", "a%2F%2Fc");
    assert_kept_as(PATH_SLASHES_AND_DOTS, "//a/b///", "%2F%2Fa/b%2F%2F%2F");
    assert_kept_as(PATH_SLASHES_AND_DOTS, "/", "%2F");
}

static void segments_of_dots_are_escaped(void **state) {
    assert_kept_as(PATH_SLASHES_AND_DOTS, ".", "%2E");
    assert_kept_as(PATH_SLASHES_AND_DOTS, "a/../b", "a/%2E%2E/b");
    assert_kept_as(PATH_ALL_BYTES, "/./", "%2F%2E%2F");
    assert_kept_as(PATH_SLASHES_AND_DOTS, "a//.", "a%2F%2F%2E");
}

static void bytes_that_names_lack_are_escaped(void **state) {
    assert_kept_as(PATH_ALL_BYTES, "my key", "my%20key");
    assert_kept_as(PATH_ALL_BYTES, "ü/100%", "%C3%BC/100%25");
    assert_kept_as(PATH_ALL_BYTES, "%2F", "%252F");
    assert_kept_as(PATH_ALL_BYTES, "a\x01\xff", "a%01%FF");
}

static void a_name_of_another_spelling_is_its_own_path_or_has_none(void **state) {
    static const char *const names[] = {
            "100%", "a%2Fb", "%2F.", "%2fa", "a%41", "%2Fa%2Fb", "a/%2E.", "%", "%2"};
    char place[GK_NAME_MAX_BYTES];
    struct span path;

    for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
        assert_false(path_of_name(PATH_ALL_BYTES, span_of(names[at]), place, &path));
        assert_kept_as(PATH_SLASHES_AND_DOTS, names[at], names[at]);
    }
}

static void what_makes_no_name_is_refused(void **state) {
    char place[GK_NAME_MAX_BYTES];
    char text[GK_NAME_MAX_BYTES + 1];
    struct span name = SPAN_NULL;

    assert_non_null(path_name(PATH_ALL_BYTES, SPAN_NULL, place, &name));
    assert_non_null(path_name(PATH_SLASHES_AND_DOTS, span_of("a b"), place, &name));
    memset(text, ' ', sizeof(text));
    assert_null(path_name(PATH_ALL_BYTES, (struct span){text, 85}, place, &name));
    assert_int_equal(name.len, 255);
    assert_non_null(path_name(PATH_ALL_BYTES, (struct span){text, 86}, place, &name));
    memset(text, 'a', sizeof(text));
    assert_null(path_name(PATH_ALL_BYTES, (struct span){text, 255}, place, &name));
    assert_non_null(path_name(PATH_ALL_BYTES, (struct span){text, 256}, place, &name));
}

/* Every path of few, troublesome bytes: two paths never share a name, for the way back is exact. */
static void the_way_back_is_exact(void **state) {
    static const char bytes[] = {'/', '.', '%', '2', 'F', 'E', 'a', ' ', '\xc3'};
    size_t count = sizeof(bytes);
    char path[6];

    for (size_t number = 1; number < 9 * 9 * 9 * 9 * 9 * 9; number++) {
        char place[GK_NAME_MAX_BYTES];
        char back_place[GK_NAME_MAX_BYTES];
        struct span name;
        struct span back;
        size_t len = 0;

        for (size_t rest = number; rest > 0; rest /= count) {
            path[len++] = bytes[rest % count];
        }
        assert_null(path_name(PATH_ALL_BYTES, (struct span){path, len}, place, &name));
        assert_null(name_fault(name));
        assert_true(path_of_name(PATH_ALL_BYTES, name, back_place, &back));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.data, path, len);
    }
}

static void assert_env(const char *path, const char *wanted) {
    char place[GK_NAME_MAX_BYTES + 1];
    size_t len = path_env_name(span_of(path), place);

    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(place, wanted, len);
}

static void slashes_in_a_row_are_one_in_the_environment(void **state) {
    assert_env("/prod/db", "PROD_DB");
    assert_env("a//c", "A_C");
    assert_env("//a///b//", "A_B_");
    assert_env("app/db-pass", "APP_DB_PASS");
    assert_env("/9/x", "_9_X");
    assert_env("a/../b", "A____B");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_name_is_its_own_path),
            cmocka_unit_test(slashes_that_names_lack_are_escaped),
            cmocka_unit_test(segments_of_dots_are_escaped),
            cmocka_unit_test(bytes_that_names_lack_are_escaped),
            cmocka_unit_test(a_name_of_another_spelling_is_its_own_path_or_has_none),
            cmocka_unit_test(what_makes_no_name_is_refused),
            cmocka_unit_test(the_way_back_is_exact),
            cmocka_unit_test(slashes_in_a_row_are_one_in_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

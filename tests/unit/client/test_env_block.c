#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>

#include "env/env_block.h"
#include "env/env_format.h"
#include "env_made.h"
#include "support/test.h"

static const char *find(const struct env_block *block, const char *name, size_t *ret_count) {
    const char *found = NULL;

    *ret_count = 0;
    for (char **string = block->strings; *string != NULL; string++) {
        if (strncmp(*string, name, strlen(name)) == 0 && (*string)[strlen(name)] == '=') {
            found = *string + strlen(name) + 1;
            *ret_count += 1;
        }
    }
    return found;
}

static void secrets_replace_variables(void **state) {
    struct env_entry entries[] = {{.env = "GK_A", .name = "a", .value = "new", .value_len = 3},
            {.env = "GK_AB", .name = "b", .value = "", .value_len = 0}};
    ENV_SET_AUTO struct env_set set = set_of(entries, 2);
    GK_CLEANUP(env_block_deinit) struct env_block block = {0};
    size_t count;

    assert_int_equal(setenv("GK_A", "old", 1), 0);
    assert_int_equal(setenv("GK_", "kept", 1), 0);
    assert_int_equal(env_block_make(&set, &block), GK_EXIT_DONE);
    assert_string_equal(find(&block, "GK_A", &count), "new");
    assert_int_equal(count, 1);
    assert_string_equal(find(&block, "GK_AB", &count), "");
    assert_string_equal(find(&block, "GK_", &count), "kept");
    assert_int_equal(count, 1);
}

static void entries_too_long_for_linux_are_refused(void **state) {
    static char value[ENV_ENTRY_MAX_BYTES + 1];
    struct env_entry entry = {.env = "X", .name = "x", .value = value};
    ENV_SET_AUTO struct env_set fits = {0};
    ENV_SET_AUTO struct env_set too_long = {0};
    GK_CLEANUP(env_block_deinit) struct env_block block = {0};
    GK_CLEANUP(env_block_deinit) struct env_block none = {0};

    memset(value, 'a', ENV_ENTRY_MAX_BYTES);
    entry.value_len = ENV_ENTRY_MAX_BYTES - strlen("X=");
    env_set_add(&fits, &entry, 1);
    assert_int_equal(env_block_make(&fits, &block), GK_EXIT_DONE);
    entry.value_len++;
    env_set_add(&too_long, &entry, 1);
    assert_int_equal(env_block_make(&too_long, &none), GK_EXIT_FAILED);
    assert_null(none.strings);
}

/* No daemon of ours sends one: the environment would have more entries than there is room for. */
static void a_value_with_a_nul_is_refused(void **state) {
    static const char value[] = "x\0Y=1\0Z=2";
    struct env_entry entry = {
            .env = "X", .name = "x", .value = value, .value_len = sizeof(value) - 1};
    ENV_SET_AUTO struct env_set set = set_of(&entry, 1);
    GK_CLEANUP(env_block_deinit) struct env_block none = {0};

    assert_int_equal(env_block_make(&set, &none), GK_EXIT_FAILED);
    assert_null(none.strings);
}

static void changed_variables_are_named(void **state) {
    struct env_entry before[] = {{.env = "A", .name = "a", .value = "1", .value_len = 1},
            {.env = "B", .name = "b", .value = "1", .value_len = 1},
            {.env = "C", .name = "c", .value = "1", .value_len = 1}};
    struct env_entry after[] = {{.env = "B", .name = "b", .value = "2", .value_len = 1},
            {.env = "C", .name = "c", .value = "1", .value_len = 1},
            {.env = "D", .name = "d", .value = "1", .value_len = 1}};
    ENV_SET_AUTO struct env_set old = set_of(before, 3);
    ENV_SET_AUTO struct env_set new = set_of(after, 3);
    GK_CLEANUP(env_block_deinit) struct env_block a = {0};
    GK_CLEANUP(env_block_deinit) struct env_block b = {0};
    BUFFER_AUTO struct buffer names = BUFFER_NULL;

    assert_int_equal(env_block_make(&old, &a), GK_EXIT_DONE);
    assert_int_equal(env_block_make(&new, &b), GK_EXIT_DONE);
    assert_int_equal(env_block_changes(&a, &a, &names), 0);
    assert_int_equal(names.len, 0);
    assert_int_equal(env_block_changes(&a, &b, &names), 3);
    assert_string_equal(buffer_string(&names), "A, B, D");
}

static void of_many_changes_some_are_named(void **state) {
    struct env_entry entries[] = {{.env = "A", .name = "a", .value = "1", .value_len = 1},
            {.env = "B", .name = "b", .value = "1", .value_len = 1},
            {.env = "C", .name = "c", .value = "1", .value_len = 1},
            {.env = "D", .name = "d", .value = "1", .value_len = 1},
            {.env = "E", .name = "e", .value = "1", .value_len = 1},
            {.env = "F", .name = "f", .value = "1", .value_len = 1},
            {.env = "G", .name = "g", .value = "1", .value_len = 1}};
    const struct env_set empty = {0};
    ENV_SET_AUTO struct env_set set = set_of(entries, 7);
    GK_CLEANUP(env_block_deinit) struct env_block none = {0};
    GK_CLEANUP(env_block_deinit) struct env_block all = {0};
    BUFFER_AUTO struct buffer names = BUFFER_NULL;

    assert_int_equal(env_block_make(&empty, &none), GK_EXIT_DONE);
    assert_int_equal(env_block_make(&set, &all), GK_EXIT_DONE);
    assert_int_equal(env_block_changes(&all, &none, &names), 7);
    assert_string_equal(buffer_string(&names), "A, B, C, D, E and 2 more");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(secrets_replace_variables),
            cmocka_unit_test(entries_too_long_for_linux_are_refused),
            cmocka_unit_test(a_value_with_a_nul_is_refused),
            cmocka_unit_test(changed_variables_are_named),
            cmocka_unit_test(of_many_changes_some_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

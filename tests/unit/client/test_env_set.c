#include <stdio.h>
#include <string.h>

#include "env/env_set.h"
#include "env_made.h"
#include "secret_name.h"
#include "support/test.h"

#define MANY 3000
#define PAGE 7

static void entries_are_ordered_by_the_bytes_of_their_environment_name(void **state) {
    struct env_entry entries[] = {
            {.env = "b", .name = "1", .value = ""},
            {.env = "A_B", .name = "2", .value = ""},
            {.env = "AB", .name = "3", .value = ""},
            {.env = "A", .name = "4", .value = ""},
            {.env = "_", .name = "5", .value = ""},
    };
    static const char *const wanted[] = {"A", "AB", "A_B", "_", "b"};
    ENV_SET_AUTO struct env_set set = set_of(entries, 5);

    assert_int_equal(env_set_say_pairs(&set), 0);
    assert_int_equal(set.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(env_set_at(&set, i).env, wanted[i]);
    }
}

static void each_pair_that_shares_a_name_counts(void **state) {
    struct env_entry entries[] = {
            {.env = "X", .name = "x", .value = ""},
            {.env = "Y", .name = "y", .value = ""},
            {.env = "X", .name = "a/x", .value = ""},
            {.env = "X", .name = "b", .value = ""},
            {.env = "Y", .name = "y2", .value = ""},
    };
    ENV_SET_AUTO struct env_set set = set_of(entries, 5);

    assert_int_equal(env_set_say_pairs(&set), 3);
    assert_string_equal(env_set_at(&set, 0).name, "a/x");
    assert_string_equal(env_set_at(&set, 1).name, "b");
}

static void an_empty_set_has_no_entries(void **state) {
    ENV_SET_AUTO struct env_set set = set_of(NULL, 0);

    assert_int_equal(env_set_say_pairs(&set), 0);
    assert_int_equal(set.count, 0);
}

/* Names of any length and order, some with another environment name; what number i has. */
static void make_entry(unsigned number, char *name, char *env, struct buffer *value) {
    unsigned mixed = number * 2654435761U;

    (void)sprintf(name, "%.*s%08x", (int)(mixed % 240), /* at most 247 bytes */
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aa"
            "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            "bb"
            "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
            "cc",
            mixed);
    if (number % 3 == 0) {
        (void)sprintf(env, "E%08x", mixed);
    } else {
        env[env_name_default(span_of(name), env)] = '\0';
    }
    buffer_clear(value);
    buffer_append_text(value, "");
    for (unsigned i = 0; i < mixed % 100 * (number % 500 == 0 ? 30000 : 3); i++) {
        buffer_append_byte(value, (char)('a' + (number + i) % 26));
    }
}

static void what_was_added_in_pages_comes_out_whole_and_in_order(void **state) {
    static char names[MANY][256];
    static char envs[MANY][257];
    static struct buffer values[MANY];
    static struct env_entry entries[MANY];
    static bool seen[MANY];
    ENV_SET_AUTO struct env_set set = {0};

    for (unsigned i = 0; i < MANY; i++) {
        make_entry(i, names[i], envs[i], &values[i]);
        entries[i] = (struct env_entry){.env = envs[i],
                .name = names[i],
                .value = buffer_string(&values[i]),
                .value_len = values[i].len};
    }
    for (size_t i = 0; i < MANY; i += PAGE) {
        env_set_add(&set, entries + i, MANY - i < PAGE ? MANY - i : PAGE);
    }
    memset(entries, 0, sizeof(entries)); /* the set has copied them */
    env_set_sort(&set);
    assert_int_equal(set.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        struct env_entry entry = env_set_at(&set, i);
        size_t at = 0;

        assert_true(i == 0 || strcmp(env_set_at(&set, i - 1).env, entry.env) < 0);
        while (at < MANY - 1 && strcmp(entry.name, names[at]) != 0) {
            at++;
        }
        assert_string_equal(entry.name, names[at]);
        assert_false(seen[at]);
        seen[at] = true;
        assert_string_equal(entry.env, envs[at]);
        assert_int_equal(entry.value_len, values[at].len);
        assert_memory_equal(entry.value, buffer_string(&values[at]), values[at].len + 1);
    }
    for (size_t i = 0; i < MANY; i++) {
        buffer_deinit(&values[i]);
    }
}

static void a_value_may_hold_any_bytes(void **state) {
    struct env_entry entries[] = {
            {.env = "A", .name = "a", .value = "one\0two", .value_len = 7},
            {.env = "B", .name = "b", .value = "behind", .value_len = 6},
    };
    ENV_SET_AUTO struct env_set set = set_of(entries, 2);

    assert_int_equal(env_set_at(&set, 0).value_len, 7);
    assert_memory_equal(env_set_at(&set, 0).value, "one\0two", 8);
    assert_string_equal(env_set_at(&set, 1).value, "behind");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(entries_are_ordered_by_the_bytes_of_their_environment_name),
            cmocka_unit_test(each_pair_that_shares_a_name_counts),
            cmocka_unit_test(an_empty_set_has_no_entries),
            cmocka_unit_test(a_value_may_hold_any_bytes),
            cmocka_unit_test(what_was_added_in_pages_comes_out_whole_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

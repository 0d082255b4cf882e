#include "env/env_set.h"

#include <stdio.h>
#include <string.h>

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
    GK_CLEANUP(env_set_deinit) struct env_set set = set_of(entries, 5);
    ENV_WALK_AUTO struct env_walk walk = {0};

    assert_int_equal(env_set_say_pairs(&set), 0);
    env_walk_begin(&walk, &set);
    for (size_t i = 0; i < 5; i++) {
        assert_true(env_walk_next(&walk));
        assert_string_equal(walk.entry.env, wanted[i]);
    }
    assert_false(env_walk_next(&walk));
    assert_false(env_walk_next(&walk));
}

static void each_pair_that_shares_a_name_counts(void **state) {
    struct env_entry first[] = {
            {.env = "X", .name = "x", .value = ""},
            {.env = "Y", .name = "y", .value = ""},
            {.env = "X", .name = "a/x", .value = ""},
    };
    struct env_entry second[] = {
            {.env = "X", .name = "b", .value = ""},
            {.env = "Y", .name = "y2", .value = ""},
    };
    GK_CLEANUP(env_set_deinit) struct env_set set = set_of(first, 3);
    ENV_WALK_AUTO struct env_walk walk = {0};

    env_set_add(&set, second, 2);
    assert_int_equal(env_set_say_pairs(&set), 3);
    env_walk_begin(&walk, &set);
    assert_true(env_walk_next(&walk));
    assert_string_equal(walk.entry.name, "a/x");
    assert_true(env_walk_next(&walk));
    assert_string_equal(walk.entry.name, "b");
}

static void nothing_is_in_order(void **state) {
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    ENV_WALK_AUTO struct env_walk walk = {0};

    env_set_add(&set, NULL, 0);
    assert_int_equal(env_set_say_pairs(&set), 0);
    env_walk_begin(&walk, &set);
    assert_false(env_walk_next(&walk));
}

/* Names of any length and order, some with another environment name; what number i has. */
static void make_entry(unsigned number, char *name, char *env, struct buffer *value) {
    unsigned mixed = number * 2654435761U;

    (void)sprintf(name, "%.*s%08x", (int)(mixed % 240), /* of 247 bytes at most */
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
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    ENV_WALK_AUTO struct env_walk walk = {0};
    char last[257] = "";

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
    assert_int_equal(set.count, MANY);
    env_walk_begin(&walk, &set);
    for (size_t i = 0; i < MANY; i++) {
        size_t at = 0;

        assert_true(env_walk_next(&walk));
        assert_true(strcmp(last, walk.entry.env) < 0);
        memcpy(last, walk.entry.env, strlen(walk.entry.env) + 1);
        while (at < MANY - 1 && strcmp(walk.entry.name, names[at]) != 0) {
            at++;
        }
        assert_string_equal(walk.entry.name, names[at]);
        assert_false(seen[at]);
        seen[at] = true;
        assert_string_equal(walk.entry.env, envs[at]);
        assert_int_equal(walk.entry.value_len, values[at].len);
        assert_memory_equal(walk.entry.value, buffer_string(&values[at]), values[at].len + 1);
    }
    assert_false(env_walk_next(&walk));
    for (size_t i = 0; i < MANY; i++) {
        buffer_deinit(&values[i]);
    }
}

static void a_value_of_each_len_comes_out_as_it_was(void **state) {
    static const size_t lens[] = {0, 1, 127, 128, 129, 255, 256, 16383, 16384, 16385, 2097152};
    BUFFER_AUTO struct buffer value = BUFFER_NULL;

    memset(buffer_reserve(&value, 2097152), 'a', 2097152);
    value.len = 2097152;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct env_entry entries[] = {
                {.env = "A", .name = "a", .value = buffer_string(&value), .value_len = lens[i]},
                {.env = "B", .name = "b", .value = "behind", .value_len = 6},
        };
        GK_CLEANUP(env_set_deinit) struct env_set set = set_of(entries, 2);
        ENV_WALK_AUTO struct env_walk walk = {0};

        env_walk_begin(&walk, &set);
        assert_true(env_walk_next(&walk));
        assert_int_equal(walk.entry.value_len, lens[i]);
        assert_memory_equal(walk.entry.value, buffer_string(&value), lens[i]);
        assert_int_equal(walk.entry.value[lens[i]], '\0');
        assert_true(env_walk_next(&walk));
        assert_string_equal(walk.entry.value, "behind");
    }
}

/* Else a walk would take its time with a million of them. */
static void pages_that_follow_each_other_are_one_run(void **state) {
    struct env_entry first = {.env = "B", .name = "b", .value = ""};
    struct env_entry second = {.env = "C", .name = "c", .value = ""};
    struct env_entry third = {.env = "A", .name = "d", .value = ""};
    GK_CLEANUP(env_set_deinit) struct env_set set = set_of(&first, 1);

    env_set_add(&set, &second, 1);
    assert_int_equal(set.run_count, 1);
    env_set_add(&set, &third, 1);
    assert_int_equal(set.run_count, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(entries_are_ordered_by_the_bytes_of_their_environment_name),
            cmocka_unit_test(each_pair_that_shares_a_name_counts),
            cmocka_unit_test(nothing_is_in_order),
            cmocka_unit_test(a_value_of_each_len_comes_out_as_it_was),
            cmocka_unit_test(pages_that_follow_each_other_are_one_run),
            cmocka_unit_test(what_was_added_in_pages_comes_out_whole_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

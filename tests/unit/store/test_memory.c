#include <stdio.h>
#include <stdlib.h>

#include "store/memory.h"
#include "store/record.h"
#include "support/test.h"

#define NAMES 12 /* few, so that a turn meets each of them often */
#define TURNS 4000
#define CHANGES_MAX 20
#define KEY_BYTES 16
#define RECORD_MAX_BYTES 64

static int setup(void **state) {
    struct memory *memory = malloc(sizeof(*memory));

    assert_non_null(memory);
    memory_init(memory);
    *state = memory;
    return 0;
}

static int teardown(void **state) {
    struct memory *memory = *state;

    memory_undo(memory);
    for (enum table table = 0; table < TABLE_COUNT; table++) {
        for (struct node *node = memory_seek(memory, table, SPAN_NULL); node != NULL;) {
            struct node *next = memory_next(node);

            assert_int_equal(memory_delete(memory, table, node_key(node)), 0);
            node = next;
        }
    }
    memory_keep(memory);
    assert_int_equal(memory->heap_bytes, 0);
    memory_deinit(memory);
    free(memory);
    return 0;
}

static void put(struct memory *memory, enum table table, const char *key, const char *record) {
    assert_int_equal(memory_put(memory, table, span_of(key), span_of(record)), 0);
}

static void drop(struct memory *memory, enum table table, const char *key) {
    assert_int_equal(memory_delete(memory, table, span_of(key)), 0);
}

static void assert_has(
        struct memory *memory, enum table table, const char *key, const char *wanted) {
    struct node *node = NULL;

    if (wanted == NULL) {
        assert_false(memory_get(memory, table, span_of(key), &node));
        return;
    }
    assert_true(memory_get(memory, table, span_of(key), &node));
    assert_true(span_is(node_key(node), key));
    assert_true(span_is(node_record(node), wanted));
}

/* All keys of a table in its order, each with a space behind it. */
static void assert_order(
        struct memory *memory, enum table table, const char *from, const char *wanted) {
    BUFFER_AUTO struct buffer seen = BUFFER_NULL;

    for (struct node *node = memory_seek(memory, table, span_of(from)); node != NULL;
            node = memory_next(node)) {
        buffer_append_span(&seen, node_key(node));
        buffer_append_byte(&seen, ' ');
    }
    assert_string_equal(buffer_string(&seen), wanted);
}

/* A record of a secret that is due at a number of seconds; 0: it has no TTL. */
static void put_due(struct memory *memory, const char *name, uint32_t ttl_s, bool armed) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    const struct secret secret = {.name = span_of(name), .ttl_s = ttl_s, .armed = armed};

    record_encode_secret(&record, &secret);
    assert_int_equal(buffer_finish(&record), 0);
    assert_int_equal(memory_put(memory, TABLE_SECRETS, secret.name, buffer_span(&record)), 0);
}

static void assert_due(struct memory *memory, const char *wanted) {
    BUFFER_AUTO struct buffer seen = BUFFER_NULL;

    for (struct node *node = memory_seek_due(memory, INT64_MIN, SPAN_NULL); node != NULL;
            node = memory_next_due(node)) {
        buffer_printf(&seen, "%.*s:%lld ", SPAN_ARGS(node_key(node)),
                node_due(node) == INT64_MAX ? -1LL : (long long)node_due(node) / 1000);
    }
    assert_string_equal(buffer_string(&seen), wanted);
}

static void a_table_is_in_byte_order(void **state) {
    struct memory *memory = *state;
    const char *keys[] = {"b", "a/2", "a", "\xff", "a/1", "a-", "A", "a/1/x", ""};

    for (size_t at = 0; at < sizeof(keys) / sizeof(keys[0]); at++) {
        put(memory, TABLE_TOMBSTONES, keys[at], "x");
    }
    assert_order(memory, TABLE_TOMBSTONES, "", " A a a- a/1 a/1/x a/2 b \xff ");
    assert_order(memory, TABLE_TOMBSTONES, "a/", "a/1 a/1/x a/2 b \xff ");
    assert_order(memory, TABLE_TOMBSTONES, "a/1", "a/1 a/1/x a/2 b \xff ");
    assert_order(memory, TABLE_TOMBSTONES, "a/1!", "a/1/x a/2 b \xff ");
    assert_order(memory, TABLE_TOMBSTONES, "\xff\xff", "");
    assert_true(span_is(node_key(memory_last(memory, TABLE_TOMBSTONES)), "\xff"));
    assert_null(memory_last(memory, TABLE_EVENTS)); /* the tables are apart */
}

/* What a turn may do to one key: each letter is one change, in each mix of them. */
static void a_turn_of_any_mix_is_taken_back_and_kept(void **state) {
    static const char *const mixes[] = {"p", "d", "pp", "pd", "dp", "dd", "ppp", "ppd", "pdp",
            "pdd", "dpp", "dpd", "ddp", "pdpd", "dpdp", "pdpdp", "dpdpd"};
    static const enum table tables[] = {TABLE_TOMBSTONES, TABLE_VERSIONS, TABLE_EVENTS};
    struct memory *memory = *state;

    for (size_t which = 0; which < sizeof(mixes) / sizeof(mixes[0]) * 3 * 2 * 2; which++) {
        const char *mix = mixes[which / 12];
        enum table table = tables[which % 12 / 4];
        bool was_there = which % 4 / 2 == 1;
        bool is_kept = which % 2 == 1;
        const char *after = was_there ? "old" : NULL;
        uint64_t live;

        drop(memory, table, "key");
        if (was_there) {
            put(memory, table, "key", "old");
        }
        put(memory, table, "beside", "stays");
        memory_keep(memory);
        live = memory->live_bytes;
        for (const char *change = mix; *change != '\0'; change++) {
            if (*change == 'p') {
                put(memory, table, "key", "new value");
                assert_has(memory, table, "key", "new value");
                assert_order(memory, table, "", "beside key ");
            } else {
                drop(memory, table, "key");
                assert_has(memory, table, "key", NULL);
                assert_order(memory, table, "", "beside ");
                assert_true(span_is(node_key(memory_last(memory, table)), "beside"));
            }
            after = *change == 'p' ? "new value" : NULL;
        }
        if (is_kept) {
            memory_keep(memory);
        } else {
            memory_undo(memory);
            after = was_there ? "old" : NULL;
            assert_int_equal(memory->live_bytes, live);
        }
        assert_false(memory_is_changed(memory));
        assert_has(memory, table, "key", after);
        assert_has(memory, table, "beside", "stays");
        assert_int_equal(memory->counts[table], after == NULL ? 1 : 2);
    }
}

static void what_came_and_went_in_a_turn_leaves_no_change(void **state) {
    struct memory *memory = *state;

    for (int event = 0; event < 1000; event++) {
        put(memory, TABLE_EVENTS, "event", "x");
        drop(memory, TABLE_EVENTS, "event");
    }
    assert_int_equal(memory->undo_count, 0);
    put(memory, TABLE_EVENTS, "one", "x");
    put(memory, TABLE_EVENTS, "two", "x");
    put(memory, TABLE_EVENTS, "three", "x");
    drop(memory, TABLE_EVENTS, "one"); /* the last of the list takes its place there */
    put(memory, TABLE_EVENTS, "three", "y");
    assert_int_equal(memory->undo_count, 2);
    memory_undo(memory);
    assert_order(memory, TABLE_EVENTS, "", "");
}

static void what_is_due_is_in_order_and_follows_each_change(void **state) {
    struct memory *memory = *state;

    put_due(memory, "b", 20, true);
    put_due(memory, "c", 10, true);
    put_due(memory, "a", 20, true);
    put_due(memory, "never", 0, false);
    put_due(memory, "fired", 5, false);
    memory_keep(memory);
    assert_due(memory, "c:10 a:20 b:20 fired:-1 ");
    put_due(memory, "c", 30, true);
    put_due(memory, "never", 1, true);
    drop(memory, TABLE_SECRETS, "a");
    put_due(memory, "fired", 0, false);
    assert_due(memory, "never:1 b:20 c:30 ");
    drop(memory, TABLE_SECRETS, "never");
    put_due(memory, "a", 2, true);
    assert_due(memory, "a:2 b:20 c:30 ");
    memory_undo(memory);
    assert_due(memory, "c:10 a:20 b:20 fired:-1 ");
    assert_true(span_is(node_key(memory_seek_due(memory, 20000, span_of("aa"))),
            "b")); /* the name counts, too */
    assert_true(span_is(node_key(memory_seek_due(memory, 20000, span_of("a"))), "a"));
    assert_true(span_is(node_key(memory_seek_due(memory, 20001, SPAN_NULL)), "fired"));
}

/* A name is looked up after each kind of change that could leave a wrong place behind. */
static void a_look_up_finds_what_the_tree_has(void **state) {
    struct memory *memory = *state;
    struct node *node;
    char name[KEY_BYTES];

    for (unsigned int number = 0; number < 5000; number++) { /* the table of places grows twice */
        (void)snprintf(name, sizeof(name), "n%u", number);
        put_due(memory, name, number, true);
        assert_true(memory_get(memory, TABLE_SECRETS, span_of(name), &node));
    }
    memory_keep(memory);
    for (unsigned int number = 0; number < 5000; number++) {
        (void)snprintf(name, sizeof(name), "n%u", number);
        assert_true(memory_get(memory, TABLE_SECRETS, span_of(name), &node));
        assert_true(span_is(node_key(node), name));
        if (number % 3 == 0) {
            drop(memory, TABLE_SECRETS, name);
            assert_false(memory_get(memory, TABLE_SECRETS, span_of(name), &node));
        }
        if (number % 500 == 0) {
            memory_keep(memory);
        }
        if (number % 6 == 0) {
            put_due(memory, name, 1, true);
        }
    }
    memory_undo(memory);
    for (unsigned int number = 0; number < 5000; number++) {
        bool is_kept = number <= 4500; /* the last changes were taken back */

        (void)snprintf(name, sizeof(name), "n%u", number);
        assert_int_equal(memory_get(memory, TABLE_SECRETS, span_of(name), &node),
                !(is_kept && number % 3 == 0 && (number % 6 != 0 || number == 4500)));
    }
}

/* A model that is too simple to be wrong: an array, copied at the start of each turn. */
struct model {
    char records[TABLE_COUNT][NAMES][RECORD_MAX_BYTES]; /* "": there is none */
};

static unsigned int random_below(unsigned int *seed, unsigned int below) {
    *seed = *seed * 1103515245 + 12345;
    return *seed / 65536 % below;
}

static void assert_like(struct memory *memory, const struct model *model) {
    uint64_t live = 0;

    for (enum table table = TABLE_TOMBSTONES; table < TABLE_COUNT; table++) {
        struct node *node = memory_seek(memory, table, SPAN_NULL);
        struct node *last = NULL;

        for (unsigned int at = 0; at < NAMES; at++) {
            const char *record = model->records[table][at];
            char key[KEY_BYTES];

            (void)snprintf(key, sizeof(key), "key%02u", at);
            if (record[0] == '\0') {
                assert_has(memory, table, key, NULL);
                continue;
            }
            assert_has(memory, table, key, record);
            assert_non_null(node);
            assert_true(span_is(node_key(node), key));
            last = node;
            node = memory_next(node);
            live += CHANGE_HEAD_BYTES + strlen(key) + strlen(record);
        }
        assert_null(node);
        assert_ptr_equal(memory_last(memory, table), last);
    }
    assert_int_equal(memory->live_bytes, live);
}

static void any_run_of_turns_is_as_in_a_model(void **state) {
    struct memory *memory = *state;
    struct model now = {0};
    unsigned int seed = 17;

    for (unsigned int turn = 0; turn < TURNS; turn++) {
        struct model before = now;
        unsigned int changes = random_below(&seed, CHANGES_MAX);

        for (unsigned int change = 0; change < changes; change++) {
            enum table table =
                    TABLE_TOMBSTONES + random_below(&seed, TABLE_COUNT - TABLE_TOMBSTONES);
            unsigned int at = random_below(&seed, NAMES);
            char *record = now.records[table][at];
            char key[KEY_BYTES];

            (void)snprintf(key, sizeof(key), "key%02u", at);
            if (random_below(&seed, 2) == 0) {
                record[0] = '\0';
                drop(memory, table, key);
            } else {
                (void)snprintf(record, RECORD_MAX_BYTES, "%u%.*s", seed,
                        (int)random_below(&seed, 40), "........................................");
                put(memory, table, key, record);
            }
        }
        assert_like(memory, &now);
        if (random_below(&seed, 3) == 0) {
            memory_undo(memory);
            now = before;
        } else {
            memory_keep(memory);
        }
        assert_like(memory, &now);
    }
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
            ROW(a_table_is_in_byte_order),
            ROW(a_turn_of_any_mix_is_taken_back_and_kept),
            ROW(what_came_and_went_in_a_turn_leaves_no_change),
            ROW(what_is_due_is_in_order_and_follows_each_change),
            ROW(a_look_up_finds_what_the_tree_has),
            ROW(any_run_of_turns_is_as_in_a_model),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

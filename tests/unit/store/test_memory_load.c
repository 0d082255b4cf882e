#include <stdio.h>

#include "store/memory.h"
#include "store/record.h"
#include "support/test.h"

#define KEY_BYTES 16

static unsigned int random_below(unsigned int *seed, unsigned int below) {
    *seed = *seed * 1103515245 + 12345;
    return *seed / 65536 % below;
}

/* A random change of a few hundred keys. The places have what the change points to. */
static struct change random_change(unsigned int *seed, char key[KEY_BYTES], struct buffer *record) {
    static const enum table tables[] = {TABLE_SECRETS, TABLE_SECRETS, TABLE_EVENTS, TABLE_VERSIONS};
    struct change change = {.kind = CHANGE_PUT, .table = tables[random_below(seed, 4)]};
    unsigned int what = random_below(seed, 400);
    const struct secret secret = {.ttl_s = random_below(seed, 50) * 7 % 50, .armed = what % 2 == 0};

    (void)snprintf(key, KEY_BYTES, "key%u", random_below(seed, 300));
    change.key = span_of(key);
    buffer_clear(record);
    if (what < 150) {
        change.kind = CHANGE_DELETE;
    } else if (what == 150) {
        return (struct change){.kind = CHANGE_CLEAR};
    } else if (change.table == TABLE_SECRETS) {
        record_encode_secret(record, &secret);
    } else {
        buffer_printf(record, "%.*s", (int)(what % 64),
                "some bytes, of which there are not always so many as these");
    }
    assert_int_equal(buffer_finish(record), 0);
    change.record = buffer_span(record);
    return change;
}

/* By the functions for a turn. */
static void do_change(struct memory *memory, const struct change *change) {
    switch (change->kind) {
    case CHANGE_PUT:
        assert_int_equal(memory_put(memory, change->table, change->key, change->record), 0);
        break;
    case CHANGE_DELETE:
        assert_int_equal(memory_delete(memory, change->table, change->key), 0);
        break;
    case CHANGE_CLEAR:
        memory_keep(memory);
        assert_int_equal(memory_clear(memory), 0);
        break;
    }
}

static void assert_alike(struct memory *memory, struct memory *other) {
    struct node *due = memory_seek_due(memory, INT64_MIN, SPAN_NULL);
    struct node *other_due = memory_seek_due(other, INT64_MIN, SPAN_NULL);

    for (enum table table = 0; table < TABLE_COUNT; table++) {
        struct node *node = memory_seek(memory, table, SPAN_NULL);
        struct node *expected = memory_seek(other, table, SPAN_NULL);

        for (; expected != NULL; expected = memory_next(expected), node = memory_next(node)) {
            assert_non_null(node);
            assert_true(span_equals(node_key(node), node_key(expected)));
            assert_true(span_equals(node_record(node), node_record(expected)));
        }
        assert_null(node);
        assert_int_equal(memory->counts[table], other->counts[table]);
    }
    for (; other_due != NULL; other_due = memory_next_due(other_due), due = memory_next_due(due)) {
        assert_non_null(due);
        assert_int_equal(node_due(due), node_due(other_due));
        assert_true(span_equals(node_key(due), node_key(other_due)));
    }
    assert_null(due);
    assert_int_equal(memory->without_value, other->without_value);
    assert_int_equal(memory->live_bytes, other->live_bytes);
    assert_int_equal(memory->deletion_bytes, other->deletion_bytes);
    assert_int_equal(memory->lasting_bytes, other->lasting_bytes);
    assert_int_equal(memory->heap_bytes, other->heap_bytes);
}

/* Reads batches of random changes into memory, and makes them in the other memory one by one. */
static void load_batches(struct memory *memory, struct memory *other, unsigned int *seed) {
    char keys[MEMORY_AHEAD][KEY_BYTES];
    struct buffer records[MEMORY_AHEAD] = {0};
    struct change changes[MEMORY_AHEAD];

    memory_begin_loading(memory);
    for (unsigned int batch = random_below(seed, 60); batch > 0; batch--) {
        size_t count = random_below(seed, MEMORY_AHEAD + 1);

        for (size_t at = 0; at < count; at++) {
            changes[at] = random_change(seed, keys[at], &records[at]);
            do_change(other, &changes[at]);
        }
        memory_keep(other);
        assert_int_equal(memory_load(memory, changes, count), 0);
    }
    memory_end_loading(memory);
    for (size_t at = 0; at < MEMORY_AHEAD; at++) {
        buffer_deinit(&records[at]);
    }
}

/* A turn as any other. */
static void make_turn(struct memory *memory, struct span record) {
    assert_int_equal(memory_put(memory, TABLE_SECRETS, SPAN_LITERAL("after"), record), 0);
    assert_int_equal(memory_delete(memory, TABLE_SECRETS, SPAN_LITERAL("key1")), 0);
    memory_keep(memory);
}

static void what_is_loaded_is_as_what_turns_make(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    const struct secret secret = {.ttl_s = 5, .armed = true};
    unsigned int seed = 29;

    (void)state;
    record_encode_secret(&record, &secret);
    assert_int_equal(buffer_finish(&record), 0);
    for (int round = 0; round < 200; round++) {
        struct memory memory;
        struct memory other;

        memory_init(&memory);
        memory_init(&other);
        load_batches(&memory, &other, &seed);
        assert_alike(&memory, &other);
        make_turn(&memory, buffer_span(&record));
        make_turn(&other, buffer_span(&record));
        assert_alike(&memory, &other);
        memory_deinit(&other);
        memory_deinit(&memory);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_loaded_is_as_what_turns_make),
    };

    return cmocka_run_group_tests_name("memory_load", tests, NULL, NULL);
}

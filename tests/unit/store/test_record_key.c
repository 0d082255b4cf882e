#include "store/record.h"
#include "support/test.h"

/* A sound record of each table, for change_is_sound(). */
struct records {
    struct buffer of[TABLE_COUNT];
    struct buffer clock;
};

static int make_records(void **state) {
    struct records *records = calloc(1, sizeof(*records));
    STATE_AUTO struct state kept = {.clock_kind = CLOCK_VIRTUAL};

    assert_non_null(records);
    buffer_append_text(&kept.seed, "test");
    record_encode_state(&records->of[TABLE_STATE], &kept);
    record_encode_secret(&records->of[TABLE_SECRETS], &(struct secret){.revision = 1});
    record_encode_tombstone(&records->of[TABLE_TOMBSTONES], &(struct tombstone){.revision = 1});
    record_encode_version(&records->of[TABLE_VERSIONS], &(struct version){.number = 1});
    record_encode_event(&records->of[TABLE_EVENTS], &(struct event){.name = SPAN_LITERAL("a")});
    record_encode_own(&records->of[TABLE_OWN], SPAN_LITERAL("bytes"));
    record_encode_clock(&records->clock, 5);
    *state = records;
    return 0;
}

static int free_records(void **state) {
    struct records *records = *state;

    for (size_t at = 0; at < TABLE_COUNT; at++) {
        buffer_deinit(&records->of[at]);
    }
    buffer_deinit(&records->clock);
    free(records);
    return 0;
}

static bool put_is_sound(struct records *records, uint8_t table, struct span key) {
    struct span record = table < TABLE_COUNT ? buffer_span(&records->of[table]) : SPAN_NULL;

    return change_is_sound(&(struct change){CHANGE_PUT, table, key, record});
}

static bool delete_is_sound(uint8_t table, struct span key) {
    return change_is_sound(&(struct change){.kind = CHANGE_DELETE, .table = table, .key = key});
}

#define VERSION_KEY(name) SPAN_LITERAL(name "\0\0\0\0\0\0\0\0\1")

static void each_table_has_its_keys(void **state) {
    const struct {
        uint8_t table;
        struct span key;
        bool is_sound;
    } rows[] = {
            {TABLE_STATE, KEY_STATE, true},
            {TABLE_STATE, SPAN_LITERAL("other"), false},
            {TABLE_STATE, SPAN_NULL, false},
            {TABLE_SECRETS, SPAN_LITERAL("a/b"), true},
            {TABLE_SECRETS, SPAN_LITERAL("a//b"), false},
            {TABLE_SECRETS, SPAN_LITERAL(""), false},
            {TABLE_TOMBSTONES, SPAN_LITERAL("a"), true},
            {TABLE_TOMBSTONES, SPAN_LITERAL("a "), false},
            {TABLE_VERSIONS, VERSION_KEY("a"), true},
            {TABLE_VERSIONS, VERSION_KEY("a "), false},           /* of no name */
            {TABLE_VERSIONS, VERSION_KEY(""), false},             /* nothing but a number */
            {TABLE_VERSIONS, SPAN_LITERAL("a\0\0\0"), false},     /* too short */
            {TABLE_VERSIONS, SPAN_LITERAL("abcdefghijk"), false}, /* no zero behind the name */
            {TABLE_EVENTS, SPAN_LITERAL("\0\0\0\0\0\0\0\1"), true},
            {TABLE_EVENTS, SPAN_LITERAL("\0\0\0\0\0\0\0\0"), false}, /* they begin with 1 */
            {TABLE_EVENTS, SPAN_LITERAL("\0\0\0\0\0\0\1"), false},
            {TABLE_EVENTS, SPAN_LITERAL("\0\0\0\0\0\0\0\0\1"), false},
            {TABLE_OWN, SPAN_LITERAL("\1key"), true},
            {TABLE_OWN, SPAN_LITERAL("\1"), false},
            {TABLE_OWN, SPAN_LITERAL("\0key"), false},   /* of nobody */
            {TABLE_OWN, SPAN_LITERAL("\x7fkey"), false}, /* of an API that does not exist */
            {TABLE_COUNT, SPAN_LITERAL("a"), false},
            {0xff, SPAN_LITERAL("a"), false},
    };

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        if (put_is_sound(*state, rows[at].table, rows[at].key) != rows[at].is_sound ||
                delete_is_sound(rows[at].table, rows[at].key) != rows[at].is_sound) {
            fail_msg("row %zu", at);
        }
    }
}

static void the_longest_key_of_an_api_is_sound(void **state) {
    char key[OWN_KEY_ROOM_BYTES + 1];

    memset(key, 'k', sizeof(key));
    key[0] = OWNER_NONE + 1;
    assert_true(put_is_sound(*state, TABLE_OWN, (struct span){key, sizeof(key) - 1}));
    assert_false(put_is_sound(*state, TABLE_OWN, (struct span){key, sizeof(key)}));
}

/* A record with a byte too many, and one of which the last byte is missing. */
static void a_record_of_another_length_is_not_sound(void **state) {
    static const struct {
        uint8_t table;
        const char *key;
        size_t len;
    } rows[] = {
            {TABLE_STATE, "state", 5},
            {TABLE_SECRETS, "a", 1},
            {TABLE_TOMBSTONES, "a", 1},
            {TABLE_VERSIONS, "a\0\0\0\0\0\0\0\0\1", 10},
            {TABLE_EVENTS, "\0\0\0\0\0\0\0\1", 8},
            {TABLE_OWN, "\1key", 4},
    };
    struct records *records = *state;

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        struct buffer *record = &records->of[rows[at].table];
        struct span key = {rows[at].key, rows[at].len};

        assert_true(put_is_sound(records, rows[at].table, key));
        buffer_append_byte(record, '\0');
        assert_false(put_is_sound(records, rows[at].table, key));
        buffer_truncate(record, record->len - 2);
        assert_false(put_is_sound(records, rows[at].table, key));
    }
}

static void the_clock_has_a_record_of_its_own(void **state) {
    struct records *records = *state;
    struct change change = {CHANGE_PUT, TABLE_STATE, KEY_CLOCK, buffer_span(&records->clock)};

    assert_true(change_is_sound(&change));
    change.record = buffer_span(&records->of[TABLE_STATE]);
    assert_false(change_is_sound(&change));
    change = (struct change){CHANGE_PUT, TABLE_STATE, KEY_STATE, buffer_span(&records->clock)};
    assert_false(change_is_sound(&change));
}

static void what_takes_away_has_no_record(void **state) {
    const struct span something = SPAN_LITERAL("x");

    (void)state;
    assert_false(change_is_sound(
            &(struct change){CHANGE_DELETE, TABLE_SECRETS, SPAN_LITERAL("a"), something}));
    assert_true(change_is_sound(&(struct change){.kind = CHANGE_CLEAR}));
    assert_false(change_is_sound(&(struct change){.kind = CHANGE_CLEAR, .table = 1}));
    assert_false(change_is_sound(&(struct change){.kind = CHANGE_CLEAR, .key = something}));
    assert_false(change_is_sound(&(struct change){.kind = CHANGE_CLEAR, .record = something}));
    assert_false(change_is_sound(
            &(struct change){(enum change_kind)9, TABLE_SECRETS, something, SPAN_NULL}));
}

/* Names where one begins as the other does. */
static void a_key_of_a_version_is_of_one_name(void **state) {
    char place[VERSION_KEY_MAX_BYTES];
    struct span key = version_key(place, SPAN_LITERAL("name"), 7);
    uint64_t number = 0;

    (void)state;
    assert_true(version_key_is_of(key, SPAN_LITERAL("name"), &number));
    assert_int_equal(number, 7);
    assert_false(version_key_is_of(key, SPAN_LITERAL("nam"), &number));
    assert_false(version_key_is_of(key, SPAN_LITERAL("nama"), &number));
    place[4] = '/';
    assert_false(version_key_is_of(key, SPAN_LITERAL("name"), &number));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(each_table_has_its_keys, make_records, free_records),
            cmocka_unit_test_setup_teardown(
                    the_longest_key_of_an_api_is_sound, make_records, free_records),
            cmocka_unit_test_setup_teardown(
                    a_record_of_another_length_is_not_sound, make_records, free_records),
            cmocka_unit_test_setup_teardown(
                    the_clock_has_a_record_of_its_own, make_records, free_records),
            cmocka_unit_test(what_takes_away_has_no_record),
            cmocka_unit_test(a_key_of_a_version_is_of_one_name),
    };

    return cmocka_run_group_tests_name("record_key", tests, NULL, NULL);
}

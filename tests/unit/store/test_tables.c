#include "store/tables.h"

#include "store/record.h"
#include "support/test.h"
#include <errno.h>

#define NUMBER "\0\0\0\0\0\0\0\1" /* a key's, big-endian */

static int checked(const char *table, struct span key, struct span record) {
    struct tally tally = {0};
    const struct table_format *format = tables_find(span_of(table));

    assert_non_null(format);
    return format->check(key, record, &tally);
}

/* A record that is sound for what it is said to be, under any key. */
static struct span version_under(struct span key, struct buffer *place) {
    const struct version version = {.number = 1, .value = SPAN_LITERAL("old")};

    record_encode_version(place, key, &version, NULL);
    assert_int_equal(buffer_finish(place), 0);
    return buffer_span(place);
}

static void there_is_no_other_table(void **state) {
    assert_null(tables_find(SPAN_LITERAL("nonsense")));
    assert_null(tables_find(SPAN_NULL));
}

static void a_key_that_is_no_name_is_damage(void **state) {
    assert_int_equal(checked(TABLE_SECRETS, SPAN_LITERAL("a//b"), SPAN_NULL), -EBADMSG);
    assert_int_equal(checked(TABLE_TRACES, SPAN_LITERAL(".."), SPAN_NULL), -EBADMSG);
    assert_int_equal(checked(TABLE_STATES, SPAN_LITERAL("nonsense"), SPAN_NULL), -EBADMSG);
}

static void a_version_stands_under_name_nul_and_number(void **state) {
    static const struct span bad[] = {
            {"a", 1},            /* shorter than a number */
            {"\0" NUMBER, 9},    /* no name */
            {"..\0" NUMBER, 11}, /* not a name */
            {"a/" NUMBER, 10},   /* no NUL */
    };
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct span good = {"a\0" NUMBER, 10};

    assert_int_equal(checked(TABLE_VERSIONS, good, version_under(good, &record)), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(checked(TABLE_VERSIONS, bad[i], version_under(bad[i], &record)), -EBADMSG);
    }
}

static void what_is_due_stands_under_instant_and_name(void **state) {
    assert_int_equal(checked(TABLE_DUE, (struct span){NUMBER "a", 9}, SPAN_NULL), 0);
    assert_int_equal(checked(TABLE_DUE, (struct span){NUMBER, 8}, SPAN_NULL), -EBADMSG);
    assert_int_equal(checked(TABLE_DUE, (struct span){NUMBER "..", 10}, SPAN_NULL), -EBADMSG);
    assert_int_equal(checked(TABLE_DUE, (struct span){NUMBER "a", 9}, SPAN_LITERAL("x")), -EBADMSG);
}

static void an_event_stands_under_its_number_behind_the_one_before(void **state) {
    const struct table_format *events = tables_find(SPAN_LITERAL(TABLE_EVENTS));
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct tally tally = {0};

    for (uint64_t seq = 5; seq < 8; seq++) {
        struct span key = {(const char *)&seq, sizeof(seq)};

        record_encode_event(&record, &(struct event){.seq = seq, .name = SPAN_LITERAL("a")});
        assert_int_equal(events->check(key, buffer_span(&record), &tally), 0);
        assert_int_equal(events->check(key, buffer_span(&record), &tally), -EBADMSG);
    }
    assert_int_equal(checked(TABLE_EVENTS, SPAN_LITERAL("abc"), SPAN_NULL), -EBADMSG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(there_is_no_other_table),
            cmocka_unit_test(a_key_that_is_no_name_is_damage),
            cmocka_unit_test(a_version_stands_under_name_nul_and_number),
            cmocka_unit_test(what_is_due_stands_under_instant_and_name),
            cmocka_unit_test(an_event_stands_under_its_number_behind_the_one_before),
    };

    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}

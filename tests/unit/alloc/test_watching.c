/*
 * What is remembered of peers, readers and requests, with the n-th allocation failing, n = 1, 2,
 * ... until none does: what found no memory is not there, and all else is.
 */
#include "allocation.h"
#include "broker/reader_table.h"
#include "support/test.h"

#define FAILURES_MAX 20

static struct value_read reading_of(const char *name, struct peer *peer) {
    return (struct value_read){.name = span_of(name), .version = 1, .peer = peer, .api = "own"};
}

static size_t readers_of(struct reader_table *table, const char *name) {
    const struct reader_list *readers = reader_table_find(table, span_of(name));
    const struct reader *reader;
    size_t count = 0;

    if (readers != NULL) {
        TAILQ_FOREACH(reader, readers, of_secret) {
            count += 1;
        }
    }
    return count;
}

/* Whether the n-th allocation came. */
static bool note_with_failure(size_t n, bool is_known) {
    struct peer *first = peer_of_name(span_of("one"));
    struct peer *second = peer_of_name(span_of("two"));
    struct value_read read = reading_of("a", first);
    size_t live = allocation_live();
    struct reader_table table;
    int error;
    bool came;

    reader_table_init(&table);
    if (is_known) {
        assert_int_equal(reader_table_note(&table, &read), 0);
    }
    read.peer = second;
    allocation_fail_at(n);
    error = reader_table_note(&table, &read);
    came = allocation_stop();
    assert_int_equal(error, came ? -ENOMEM : 0);
    assert_int_equal(readers_of(&table, "a"), (size_t)is_known + !came);
    if (came) {
        assert_int_equal(reader_table_note(&table, &read), 0);
        assert_int_equal(readers_of(&table, "a"), (size_t)is_known + 1);
    }
    reader_table_deinit(&table);
    assert_int_equal(allocation_live(), live);
    assert_int_equal(first->refs, 1);
    assert_int_equal(second->refs, 1);
    (void)peer_unref(first);
    (void)peer_unref(second);
    return came;
}

static void a_reading_is_noted_or_not(void **state) {
    for (int is_known = 0; is_known < 2; is_known++) {
        size_t n = 1;

        while (note_with_failure(n, is_known != 0)) {
            assert_true(++n < FAILURES_MAX);
        }
        assert_true(n >= (is_known ? 2 : 4)); /* the table, the secret, the reader */
    }
}

static void a_full_table_takes_one_for_another_or_not(void **state) {
    struct reader_table table;
    struct peer *peer = NULL;
    char name[4] = "p??";

    reader_table_init(&table);
    for (int number = 0; number <= READER_TABLE_OF_SECRET_MAX; number++) {
        struct value_read read;

        name[1] = (char)('0' + number / 10);
        name[2] = (char)('0' + number % 10);
        peer = peer_of_name(span_of(name));
        read = reading_of("a", peer);
        allocation_fail_at(number == READER_TABLE_OF_SECRET_MAX);
        assert_int_equal(reader_table_note(&table, &read),
                number == READER_TABLE_OF_SECRET_MAX ? -ENOMEM : 0);
        (void)allocation_stop();
        (void)peer_unref(peer);
    }
    assert_int_equal(readers_of(&table, "a"), READER_TABLE_OF_SECRET_MAX - 1);
    reader_table_deinit(&table);
}

static void there_is_a_peer_or_none(void **state) {
    allocation_fail_at(1);
    assert_null(peer_of_name(span_of("one")));
    assert_true(allocation_stop());
    allocation_fail_at(1);
    assert_null(peer_of_program(1));
    assert_true(allocation_stop());
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_reading_is_noted_or_not),
            cmocka_unit_test(a_full_table_takes_one_for_another_or_not),
            cmocka_unit_test(there_is_a_peer_or_none),
    };

    return cmocka_run_group_tests_name("watching", tests, NULL, NULL);
}

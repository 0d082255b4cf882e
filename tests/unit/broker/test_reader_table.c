#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/reader_table.h"
#include "common/buffer.h"
#include "support/test.h"

#define NAME_BYTES 32

static const char *const apis[] = {"ghostkey", "vault"};

static int set_up(void **state) {
    static struct reader_table table;

    reader_table_init(&table);
    *state = &table;
    return 0;
}

static int tear_down(void **state) {
    struct reader_table *table = *state;

    reader_table_deinit(table);
    assert_int_equal(table->count, 0);
    return 0;
}

/* The peer stays the caller's. */
static void note_of(
        struct reader_table *table, const char *name, struct peer *peer, uint64_t version) {
    const struct value_read read = {.name = span_of(name),
            .version = version,
            .revision = version * 2,
            .peer = peer,
            .api = apis[0],
            .at = (instant)version * 10};

    assert_int_equal(reader_table_note(table, &read), 0);
}

static void note(struct reader_table *table, const char *name, const char *peer, uint64_t version) {
    struct peer *made = peer_of_name(span_of(peer));

    note_of(table, name, made, version);
    (void)peer_unref(made);
}

/* "PEER:VERSIONxREADS" of each, newest first, each with a blank behind it. */
static void assert_readers(struct reader_table *table, const char *name, const char *wanted) {
    const struct reader_list *readers = reader_table_find(table, span_of(name));
    BUFFER_AUTO struct buffer seen = BUFFER_NULL;
    const struct reader *reader;

    if (readers != NULL) {
        TAILQ_FOREACH(reader, readers, of_secret) {
            buffer_append_span(&seen, peer_text(reader->peer));
            buffer_printf(&seen, ":%dx%d ", (int)reader->version, (int)reader->reads);
            assert_int_equal(reader->revision, reader->version * 2);
            assert_int_equal(reader->at, reader->version * 10);
        }
    }
    assert_string_equal(buffer_string(&seen), wanted);
}

static size_t count_readers(struct reader_table *table, const char *name) {
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

/* The peer of a process that ends at once: nobody is that process any more. */
static struct peer *ended_peer(void) {
    pid_t pid = fork();
    struct peer *peer;

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    peer = peer_of_program(pid);
    assert_non_null(peer);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return peer;
}

static void nobody_has_read_at_first(void **state) {
    struct reader_table *table = *state;

    assert_null(reader_table_find(table, span_of("a")));
    note(table, "a", "one", 1);
    assert_null(reader_table_find(table, span_of("b")));
}

static void each_has_one_entry_and_the_newest_is_first(void **state) {
    struct reader_table *table = *state;

    note(table, "a", "one", 1);
    note(table, "a", "two", 1);
    note(table, "b", "one", 7);
    assert_readers(table, "a", "two:1x1 one:1x1 ");
    note(table, "a", "one", 2);
    assert_readers(table, "a", "one:2x2 two:1x1 ");
    note(table, "a", "two", 1);
    note(table, "a", "two", 1); /* an older version than that of others */
    assert_readers(table, "a", "two:1x3 one:2x2 ");
    assert_readers(table, "b", "one:7x1 ");
}

static void each_api_has_its_own(void **state) {
    struct reader_table *table = *state;
    struct peer *peer = peer_of_name(span_of("one"));
    struct value_read read = {
            .name = span_of("a"), .version = 1, .revision = 2, .peer = peer, .at = 10};

    for (size_t at = 0; at < 4; at++) {
        read.api = apis[at % 2];
        assert_int_equal(reader_table_note(table, &read), 0);
    }
    (void)peer_unref(peer);
    assert_readers(table, "a", "one:1x2 one:1x2 ");
}

static void a_secret_has_64_and_the_oldest_goes(void **state) {
    struct reader_table *table = *state;
    BUFFER_AUTO struct buffer wanted = BUFFER_NULL;
    char peer[NAME_BYTES];

    note(table, "b", "other", 1);
    for (int number = 0; number < 65; number++) {
        (void)snprintf(peer, sizeof(peer), "p%d", number);
        note(table, "a", peer, 1);
        if (number == 63) {
            assert_int_equal(count_readers(table, "a"), 64);
            note(table, "a", "p0", 3); /* so p1 is the oldest */
        }
    }
    buffer_append_text(&wanted, "p64:1x1 p0:3x2 ");
    for (int number = 63; number > 1; number--) {
        buffer_printf(&wanted, "p%d:1x1 ", number);
    }
    assert_readers(table, "a", buffer_string(&wanted));
    assert_readers(table, "b", "other:1x1 ");
    assert_int_equal(table->count, 65);
}

static void one_whose_process_ended_is_not_found(void **state) {
    struct reader_table *table = *state;
    struct peer *ended = ended_peer();

    note(table, "a", "one", 1);
    note_of(table, "a", ended, 1);
    note_of(table, "b", ended, 1);
    note(table, "a", "two", 1);
    (void)peer_unref(ended);
    assert_int_equal(table->count, 4);
    assert_readers(table, "a", "two:1x1 one:1x1 ");
    assert_null(reader_table_find(table, span_of("b")));
    assert_int_equal(table->count, 2);
}

static void one_whose_process_ended_goes_before_one_that_runs(void **state) {
    struct reader_table *table = *state;
    const struct peer *last;
    char peer[NAME_BYTES];

    note(table, "a", "since long ago", 1);
    for (int round = 0; round < 3; round++) {
        for (int number = 0; number < 20; number++) {
            struct peer *ended = ended_peer();

            note_of(table, "a", ended, 2);
            (void)peer_unref(ended);
        }
        for (int number = 0; number < 10; number++) {
            (void)snprintf(peer, sizeof(peer), "%d of %d", number, round);
            note(table, "a", peer, 2);
        }
    }
    assert_int_equal(count_readers(table, "a"), 31);
    last = TAILQ_LAST(reader_table_find(table, span_of("a")), reader_list)->peer;
    assert_non_null(memmem(last->text, last->len, "since long ago", strlen("since long ago")));
}

static void all_secrets_have_a_bound_together(void **state) {
    struct reader_table *table = *state;
    char name[NAME_BYTES];

    for (int number = 0; number < READER_TABLE_MAX + 10; number++) {
        (void)snprintf(name, sizeof(name), "n%d", number);
        note(table, name, "one", 1);
        if (number == READER_TABLE_MAX - 1) {
            note(table, "n0", "one", 2);
        }
    }
    assert_int_equal(table->count, READER_TABLE_MAX);
    assert_readers(table, "n0", "one:2x2 ");
    assert_null(reader_table_find(table, span_of("n1")));
    assert_null(reader_table_find(table, span_of("n10")));
    assert_readers(table, "n11", "one:1x1 ");
}

static void of_all_secrets_the_ended_go_first(void **state) {
    struct reader_table *table = *state;
    struct peer *ended = ended_peer();
    char name[NAME_BYTES];

    note(table, "held", "since long ago", 1);
    for (int number = 1; number < READER_TABLE_MAX; number++) {
        (void)snprintf(name, sizeof(name), "n%d", number);
        note_of(table, name, ended, 1);
    }
    (void)peer_unref(ended);
    assert_int_equal(table->count, READER_TABLE_MAX);
    note(table, "a", "one", 1);
    assert_int_equal(table->count, 2);
    assert_readers(table, "held", "since long ago:1x1 ");
}

static void a_reset_forgets_all(void **state) {
    struct reader_table *table = *state;

    note(table, "a", "one", 1);
    note(table, "b", "two", 1);
    reader_table_clear(table);
    assert_null(reader_table_find(table, span_of("a")));
    note(table, "a", "one", 1);
    assert_readers(table, "a", "one:1x1 ");
}

/* Against a list that is searched from its beginning. */
static void it_does_what_a_plain_list_does(void **state) {
    enum { NAMES = 3, PEERS = 70, STEPS = 20000 };
    struct reader_table *table = *state;
    struct {
        int peer;
        int reads;
    } model[NAMES][64];
    size_t counts[NAMES] = {0};
    uint32_t random = 1;

    for (int step = 0; step < STEPS; step++) {
        int peer;
        int name;
        size_t at = 0;
        int reads;
        char text[NAME_BYTES];
        char name_text[] = "x0";

        random = random * 1664525 + 1013904223;
        name = (int)(random >> 8) % NAMES;
        peer = (int)(random >> 16) % (step % 1000 < 500 ? 20 : PEERS);
        while (at < counts[name] && model[name][at].peer != peer) {
            at += 1;
        }
        reads = at < counts[name] ? model[name][at].reads : 0;
        if (at == counts[name]) {
            counts[name] += at < 64;
            at -= at == 64;
        }
        memmove(&model[name][1], &model[name][0], at * sizeof(model[name][0]));
        model[name][0].peer = peer;
        model[name][0].reads = reads + 1;
        name_text[1] = (char)('0' + name);
        (void)snprintf(text, sizeof(text), "p%d", peer);
        note(table, name_text, text, 1);
        if (step % 97 == 0) {
            BUFFER_AUTO struct buffer wanted = BUFFER_NULL;

            for (size_t place = 0; place < counts[name]; place++) {
                buffer_printf(
                        &wanted, "p%d:1x%d ", model[name][place].peer, model[name][place].reads);
            }
            assert_readers(table, name_text, buffer_string(&wanted));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(nobody_has_read_at_first, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    each_has_one_entry_and_the_newest_is_first, set_up, tear_down),
            cmocka_unit_test_setup_teardown(each_api_has_its_own, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_secret_has_64_and_the_oldest_goes, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    one_whose_process_ended_is_not_found, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    one_whose_process_ended_goes_before_one_that_runs, set_up, tear_down),
            cmocka_unit_test_setup_teardown(all_secrets_have_a_bound_together, set_up, tear_down),
            cmocka_unit_test_setup_teardown(of_all_secrets_the_ended_go_first, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_reset_forgets_all, set_up, tear_down),
            cmocka_unit_test_setup_teardown(it_does_what_a_plain_list_does, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("reader_table", tests, NULL, NULL);
}

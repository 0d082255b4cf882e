/* A store with a log: opened as a crash left it, full, wait_until_closed. */
#include "store/redo.h"

#include "common/cleanup.h"
#include "support/broker_fixture.h"
#include "support/test.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void put(struct store *store, const char *name, const char *value) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    struct secret secret = {.name = span_of(name), .value = span_of(value), .version = 1};
    struct txn *txn;
    int error;

    assert_int_equal(store_write(store, &txn), 0);
    error = store_get_secret(txn, secret.name, &before);
    assert_int_equal(store_put_secret(txn, &secret, error == 0 ? &before : NULL), 0);
}

static void put_and_commit(struct store *store, const char *name, const char *value) {
    put(store, name, value);
    assert_int_equal(store_commit(store), 0);
}

/* The memory that a store lives on, as it is. The caller unmaps it. */
static struct span memory_of(const struct fixture *fixture) {
    struct stat status;
    void *bytes;

    assert_int_equal(fstat(fixture->fd, &status), 0);
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fixture->fd, 0);
    assert_true(bytes != MAP_FAILED);
    return (struct span){bytes, (size_t)status.st_size};
}

/* Opens what stands there at this moment, as after a kill -9. */
static void crash(const struct fixture *fixture, struct fixture *after) {
    struct span memory = memory_of(fixture);

    *after = (struct fixture){.fd = memfd_create("after", MFD_CLOEXEC)};
    assert_int_equal(write(after->fd, memory.data, memory.len), memory.len);
    assert_int_equal(munmap((void *)memory.data, memory.len), 0);
    assert_int_equal(
            store_open(after->fd, &(struct store_options){.home = STORE_MEMORY}, &after->store), 0);
}

static void assert_holds(struct store *store, const char *name, const char *value) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct txn *txn;
    int error;

    assert_int_equal(store_read(store, &txn), 0);
    error = store_get_secret(txn, span_of(name), &secret);
    if (value == NULL) {
        assert_int_equal(error, GK_E_NO_SECRET);
    } else {
        assert_int_equal(error, 0);
        assert_span_is(secret.value, value);
    }
}

static void a_crash_keeps_what_was_committed_and_no_more(void **state) {
    struct fixture *fixture = *state;
    struct fixture after;

    put_and_commit(fixture->store, "a", "one");
    put_and_commit(fixture->store, "a", "two");
    put(fixture->store, "b", "never committed");
    crash(fixture, &after);
    assert_holds(after.store, "a", "two");
    assert_holds(after.store, "b", NULL);
    put_and_commit(after.store, "c", "three");
    fixture_close(&after);
}

static void a_turn_that_is_given_up_takes_none_before_it_along(void **state) {
    struct fixture *fixture = *state;
    struct fixture after;

    put_and_commit(fixture->store, "a", "one");
    put(fixture->store, "a", "given up");
    store_abort(fixture->store);
    assert_holds(fixture->store, "a", "one");
    put_and_commit(fixture->store, "b", "two");
    put(fixture->store, "b", "voided");
    store_void(fixture->store, -EIO);
    assert_int_equal(store_commit(fixture->store), -EIO);
    assert_holds(fixture->store, "b", "two");
    crash(fixture, &after);
    assert_holds(after.store, "a", "one");
    assert_holds(after.store, "b", "two");
    fixture_close(&after);
}

/* So many that the log is full again and again; a crash now and then, and once on top of one. */
static void a_full_log_goes_on_from_its_beginning(void **state) {
    struct fixture *fixture = *state;
    char value[32];

    for (int i = 0; i < 3 * REDO_PAGES; i++) {
        struct fixture after;

        (void)snprintf(value, sizeof(value), "value %d", i);
        put_and_commit(fixture->store, i % 3 == 0 ? "a" : "b", value);
        if (i % 50 == 0) {
            crash(fixture, &after);
            assert_holds(after.store, i % 3 == 0 ? "a" : "b", value);
            put_and_commit(after.store, "c", value);
            fixture_close(fixture);
            *fixture = after;
            assert_holds(fixture->store, "c", value);
        }
    }
}

static void a_turn_that_is_too_much_for_the_log_is_kept(void **state) {
    static char large[REDO_FRAMES_BYTES];
    struct fixture *fixture = *state;
    struct fixture after;

    memset(large, 'x', sizeof(large) - 1);
    put_and_commit(fixture->store, "a", "one");
    put_and_commit(fixture->store, "large", large);
    put_and_commit(fixture->store, "b", "two");
    crash(fixture, &after);
    assert_holds(after.store, "a", "one");
    assert_holds(after.store, "large", large);
    assert_holds(after.store, "b", "two");
    fixture_close(&after);
}

static void what_is_settled_needs_no_log(void **state) {
    struct fixture *fixture = *state;
    struct fixture after;

    put_and_commit(fixture->store, "a", "one");
    put(fixture->store, "a", "open");
    assert_int_equal(store_settle(fixture->store), 0); /* not while somebody writes */
    store_abort(fixture->store);
    assert_holds(fixture->store, "a", "one");
    assert_int_equal(store_settle(fixture->store), 0);
    assert_holds(fixture->store, "a", "one");
    assert_int_equal(store_settle(fixture->store), 0);
    put_and_commit(fixture->store, "b", "two");
    crash(fixture, &after);
    assert_holds(after.store, "a", "one");
    assert_holds(after.store, "b", "two");
    fixture_close(&after);
}

static size_t count(struct span memory, const char *text) {
    size_t len = strlen(text);
    size_t found = 0;

    for (size_t at = 0; at + len <= memory.len; at++) {
        found += memcmp(memory.data + at, text, len) == 0;
    }
    return found;
}

/* Once in the tree; what stood in the log as well is gone with the next turn. */
static void older_turns_are_wiped_from_the_log(void **state) {
    struct fixture *fixture = *state;
    struct span memory;

    put_and_commit(fixture->store, "a", "one");
    put_and_commit(fixture->store, "b", "canary of a longer log");
    assert_int_equal(store_settle(fixture->store), 0);
    memory = memory_of(fixture);
    assert_int_equal(count(memory, "canary of"), 2);
    put_and_commit(fixture->store, "c", "two");
    assert_int_equal(count(memory, "canary of"), 1);
    put_and_commit(fixture->store, "d", "canary of another");
    fixture->store = store_free(fixture->store);
    assert_int_equal(count(memory, "canary of another"), 2);
    assert_int_equal(
            store_open(fixture->fd, &(struct store_options){.home = STORE_MEMORY}, &fixture->store),
            0);
    put_and_commit(fixture->store, "c", "three");
    assert_int_equal(count(memory, "canary of another"), 1);
    assert_int_equal(munmap((void *)memory.data, memory.len), 0);
}

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture_open(fixture, CLOCK_VIRTUAL);
    *state = fixture;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_crash_keeps_what_was_committed_and_no_more),
            TEST(a_turn_that_is_given_up_takes_none_before_it_along),
            TEST(a_full_log_goes_on_from_its_beginning),
            TEST(a_turn_that_is_too_much_for_the_log_is_kept),
            TEST(what_is_settled_needs_no_log),
            TEST(older_turns_are_wiped_from_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

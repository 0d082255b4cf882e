#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "store/store_internal.h"
#include "store/store_tables.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture_open(fixture, CLOCK_VIRTUAL);
    *state = fixture;
    return 0;
}

static void put(struct store *store, const char *name, const char *value) {
    struct secret secret = {
            .name = span_of(name), .current.value = span_of(value), .current.number = 1};

    assert_int_equal(store_open_turn(store), 0);
    assert_int_equal(store_put_secret(store, &secret), 0);
}

static int get(struct store *store, const char *name, struct secret *ret_secret) {

    return store_get_secret(store, span_of(name), ret_secret);
}

static void a_reader_sees_what_is_being_changed_and_can_tell(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    assert_int_equal(store_open_turn(store), 0);
    assert_true(store_is_writing(store));
    assert_false(store_is_changing(store));
    put(store, "a", "one");
    assert_true(store_is_changing(store));
    assert_int_equal(get(store, "a", &secret), 0);
    assert_int_equal(store_commit(store), 0);
    assert_false(store_is_writing(store));
    assert_false(store_is_changing(store));
    secret_deinit(&secret);
    assert_int_equal(get(store, "a", &secret), 0);
    assert_span_is(secret.current.value, "one");
}

static void what_was_read_is_valid_while_other_secrets_change(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put(store, "a", "one");
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(get(store, "a", &secret), 0);
    put(store, "b", "two");
    put(store, "a", "three"); /* the old record stays until the turn ends */
    assert_span_is(secret.name, "a");
    assert_span_is(secret.current.value, "one");
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(get(store, "a", &secret), 0);
    assert_span_is(secret.current.value, "three");
}

static void an_aborted_transaction_leaves_nothing(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put(store, "a", "one");
    store_abort(store);
    assert_int_equal(get(store, "a", &secret), GK_E_NO_SECRET);
}

/* The daemon gives memory back to the system once it holds much less than it did. */
static void what_an_aborted_turn_held_counts(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    uint64_t before = store->memory.heap_bytes;
    char large[100000];

    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
        put(store, name, large);
    }
    store_abort(store);
    assert_int_equal(store->memory.heap_bytes, before);
    assert_true(store->heap_peak > 26 * (sizeof(large) - 1));
}

static void a_voided_transaction_fails_to_commit(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    put(store, "a", "one");
    store_void(store, -5);
    assert_int_equal(store_commit(store), -5);
    assert_int_equal(get(store, "a", &secret), GK_E_NO_SECRET);
    put(store, "a", "two");
    assert_int_equal(store_commit(store), 0);
}

static int collect(void *userdata, const struct secret *secret) {
    char *names = userdata;

    (void)strncat(names, secret->name.data, secret->name.len);
    (void)strncat(names, " ", 2);
    return 0;
}

static void a_walk_is_in_byte_order_by_prefix_and_after(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    const char *names[] = {"b", "a/2", "a", "a/1", "a-", "A", "a/1/x"};
    char seen[64] = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        put(store, names[i], "");
    }
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(store_walk_secrets(store, SPAN_NULL, SPAN_NULL, collect, seen), 0);
    assert_string_equal(seen, "A a a- a/1 a/1/x a/2 b ");
    seen[0] = '\0';
    assert_int_equal(store_walk_secrets(store, span_of("a/"), SPAN_NULL, collect, seen), 0);
    assert_string_equal(seen, "a/1 a/1/x a/2 ");
    seen[0] = '\0';
    assert_int_equal(store_walk_secrets(store, span_of("a/"), span_of("a/1"), collect, seen), 0);
    assert_string_equal(seen, "a/1/x a/2 ");
    seen[0] = '\0';
    assert_int_equal(store_walk_secrets(store, SPAN_NULL, span_of("a/1/"), collect, seen), 0);
    assert_string_equal(seen, "a/1/x a/2 b ");
    seen[0] = '\0';
    assert_int_equal(store_walk_secrets(store, span_of("a"), span_of("b"), collect, seen), 0);
    assert_string_equal(seen, "");
}

static int count_version(void *userdata, const struct version *version) {
    *(uint64_t *)userdata += version->number;
    return 0;
}

/* So many and so large that they span pages: dropping must not stop at the end of one. */
static void old_versions_are_dropped_up_to_a_number(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    char large[900];
    struct version version = {.value = {large, sizeof(large)}};
    struct version kept;
    uint64_t sum = 0;

    memset(large, 'x', sizeof(large));
    assert_int_equal(store_open_turn(store), 0);
    for (version.number = 1; version.number <= 40; version.number++) {
        assert_int_equal(store_put_version(store, span_of("n"), &version), 0);
        assert_int_equal(store_put_version(store, span_of("n2"), &version), 0);
    }
    assert_int_equal(store_drop_versions(store, span_of("n"), 37, NULL, NULL), 0);
    assert_int_equal(store_walk_versions(store, span_of("n"), count_version, &sum), 0);
    assert_int_equal(sum, 38 + 39 + 40);
    sum = 0;
    assert_int_equal(store_walk_versions(store, span_of("n2"), count_version, &sum), 0);
    assert_int_equal(sum, 40 * 41 / 2);
    assert_int_equal(store_get_version(store, span_of("n"), 37, &kept), GK_E_NO_VERSION);
    assert_int_equal(store_get_version(store, span_of("n"), 38, &kept), 0);
    assert_int_equal(kept.value.len, sizeof(large));
    assert_int_equal(store_drop_versions(store, span_of("n"), UINT64_MAX, NULL, NULL), 0);
    sum = 0;
    assert_int_equal(store_walk_versions(store, span_of("n"), count_version, &sum), 0);
    assert_int_equal(sum, 0);
}

static void what_is_due_first_is_first_by_instant_then_name(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    struct secret a = {.name = SPAN_LITERAL("a"), .ttl_s = 20, .armed = true};
    struct secret b = {.name = SPAN_LITERAL("b"), .ttl_s = 10, .armed = true};
    struct secret c = {.name = SPAN_LITERAL("c"), .ttl_s = 10, .armed = true};
    struct secret gone = c;
    struct span name;
    instant due;

    assert_int_equal(store_open_turn(store), 0);
    store_first_due(store, &due, &name);
    assert_true(due == INT64_MAX);
    assert_int_equal(store_put_secret(store, &a), 0);
    assert_int_equal(store_put_secret(store, &c), 0);
    assert_int_equal(store_put_secret(store, &b), 0);
    store_first_due(store, &due, &name);
    assert_int_equal(due, 10000);
    assert_span_is(name, "b");
    assert_int_equal(store_delete_secret(store, &b), 0);
    gone.armed = false;
    assert_int_equal(store_put_secret(store, &gone), 0);
    store_first_due(store, &due, &name);
    assert_int_equal(due, 20000);
    assert_span_is(name, "a");
}

static void a_deleted_name_leaves_its_tombstone(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    struct secret secret = {.name = SPAN_LITERAL("a"), .revision = 5, .generation = 2};
    struct tombstone tombstone = {9, 9};

    assert_int_equal(store_open_turn(store), 0);
    assert_int_equal(store_get_tombstone(store, secret.name, &tombstone), 0);
    assert_int_equal(tombstone.revision, 0);
    assert_int_equal(store_put_secret(store, &secret), 0);
    assert_int_equal(store_delete_secret(store, &secret), 0);
    assert_int_equal(store_get_tombstone(store, secret.name, &tombstone), 0);
    assert_int_equal(tombstone.revision, 5);
    assert_int_equal(tombstone.generation, 2);
}

static int note_event(void *userdata, const struct event *event) {
    uint64_t *seen = userdata;

    if (seen[0] == 0) {
        seen[0] = event->seq;
    }
    seen[1] = event->seq;
    return 0;
}

static void the_newest_events_are_kept_without_gaps(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    struct event event = {.name = SPAN_LITERAL("n")};
    uint64_t seen[2] = {0};

    assert_int_equal(store_open_turn(store), 0);
    for (int i = 0; i < GK_EVENTS_KEPT + 7; i++) {
        assert_int_equal(store_append_event(store, &event), 0);
        assert_int_equal(event.seq, i + 1);
    }
    assert_int_equal(store_walk_events(store, 0, note_event, seen), 0);
    assert_int_equal(seen[0], 8);
    assert_int_equal(seen[1], GK_EVENTS_KEPT + 7);
    assert_int_equal(store_walk_events(store, UINT64_MAX, note_event, seen), 0);
}

/* A memfd that cannot grow: the commit fails, the old state stays, and the next write is tried. */
static void a_write_that_cannot_be_stored_changes_nothing(void **state) {
    struct store *store = ((struct fixture *)*state)->store;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    SECRET_AUTO struct secret kept = SECRET_NULL;
    struct rlimit old_limit;
    struct rlimit limit;
    char large[100000];

    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    put(store, "kept", "value");
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    limit = (struct rlimit){.rlim_cur = 65536, .rlim_max = old_limit.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put(store, "new", large);
    assert_int_equal(store_commit(store), GK_E_STORE_FULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    assert_int_equal(get(store, "new", &secret), GK_E_NO_SECRET);
    assert_int_equal(get(store, "kept", &kept), 0);
    assert_span_is(kept.current.value, "value");
    put(store, "new", large);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(get(store, "new", &secret), 0);
}

static void a_store_that_is_opened_again_holds_what_it_held(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    STATE_AUTO struct state kept = STATE_NULL;
    struct damage damage;

    put(fixture->store, "a", "one");
    assert_int_equal(store_commit(fixture->store), 0);
    put(fixture->store, "b", "never committed");
    fixture->store = store_free(fixture->store);
    assert_int_equal(store_new(STORE_FDSTORE, NULL, &fixture->store), 0);
    assert_int_equal(store_load(fixture->store, dup(fixture->fd), &damage), 0);
    assert_int_equal(get(fixture->store, "a", &secret), 0);
    assert_span_is(secret.current.value, "one");
    assert_int_equal(store_get_state(fixture->store, &kept), 0);
    assert_span_is(buffer_span(&kept.seed), "test");
    secret_deinit(&secret);
    assert_int_equal(get(fixture->store, "b", &secret), GK_E_NO_SECRET);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_reader_sees_what_is_being_changed_and_can_tell),
            TEST(what_was_read_is_valid_while_other_secrets_change),
            TEST(an_aborted_transaction_leaves_nothing),
            TEST(what_an_aborted_turn_held_counts),
            TEST(a_voided_transaction_fails_to_commit),
            TEST(a_walk_is_in_byte_order_by_prefix_and_after),
            TEST(old_versions_are_dropped_up_to_a_number),
            TEST(what_is_due_first_is_first_by_instant_then_name),
            TEST(a_deleted_name_leaves_its_tombstone),
            TEST(the_newest_events_are_kept_without_gaps),
            TEST(a_write_that_cannot_be_stored_changes_nothing),
            TEST(a_store_that_is_opened_again_holds_what_it_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Each verb of the broker, and opening store and broker, with the n-th allocation failing, n = 1,
 * 2, ... until none does: in memory, and in a sealed file. Whatever fails, nothing of it happened:
 * all that can be read is as before, and the same verb does the same once there is memory.
 */
#include "support/test.h"

#include "allocation.h"
#include "bench.h"
#include <fcntl.h>
#include <unistd.h>

#define FAILURES_MAX 20000

/* ---- the verbs --------------------------------------------------------------------------------
 */

static void say(struct buffer *said, const struct secret *secret) {
    buffer_append_span(said, secret->value);
    bench_say_number(said, secret->revision);
    bench_say_number(said, secret->version);
}

static int put_as(struct bench *bench, struct definition definition, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_put(bench->broker, &definition, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int put_new(struct bench *bench, struct buffer *said) {
    struct definition definition = bench_definition("app/new", "a new value");

    definition.ttl_s = 90;
    definition.labels[definition.label_count++] =
            (struct label){SPAN_LITERAL("a"), SPAN_LITERAL("b")};
    return put_as(bench, definition, said);
}

static int put_again(struct bench *bench, struct buffer *said) {
    return put_as(bench, bench_definition("plain", "another value"), said);
}

static int put_generated(struct bench *bench, struct buffer *said) {
    struct definition definition = bench_definition("plain", NULL);

    definition.policy = (struct policy_change){
            .given = true,
            .strategy = SPAN_LITERAL("template"),
            .parameter_count = 1,
            .parameters = {{SPAN_LITERAL("template"),
                    {.type = PARAMETER_TEXT, .text = SPAN_LITERAL("{name}:{alnum:200}")}}},
    };
    return put_as(bench, definition, said);
}

static int patch(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition = bench_definition("turning", "patched");
    int error;

    definition.has_ttl = true;
    definition.ttl_s = 1; /* so it is due at once, and rotates */
    definition.has_labels = true;
    definition.labels[definition.label_count++] =
            (struct label){SPAN_LITERAL("tier"), SPAN_LITERAL("one")};
    definition.value_source = VALUE_KEPT;
    error = broker_patch(bench->broker, &definition, &secret, &bench->problem);
    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int rotate(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate(bench->broker, SPAN_LITERAL("plain"), &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int delete_it(struct bench *bench, struct buffer *said) {
    return broker_delete(
            bench->broker, SPAN_LITERAL("plain"), &bench_no_precondition, &bench->problem);
}

static void on_removed(void *userdata, struct span name) {
    buffer_append_span(userdata, name);
}

static int cleanup(struct bench *bench, struct buffer *said) {
    return broker_cleanup(bench->broker, on_removed, said);
}

static int advance(struct bench *bench, struct buffer *said) {
    struct advance advance = {0};
    int error = broker_advance(bench->broker, 200, &advance, &bench->problem);

    bench_say_number(said, advance.rotated);
    return error;
}

static int get_version(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error =
            broker_get_version(bench->broker, SPAN_LITERAL("plain"), 3, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int status(struct bench *bench, struct buffer *said) {
    struct broker_status status = {0};
    instant due = 0;
    int error = broker_status(bench->broker, &status);

    error = error != 0 ? error : broker_next_due(bench->broker, &due);
    bench_say_number(said, status.secrets);
    bench_say_number(said, (uint64_t)due);
    return error;
}

/* Ends it, and starts anew on the same store. */
static int restart(struct bench *bench, struct buffer *said) {
    bench_close(bench);
    return bench_open(bench);
}

/* ---- the failures -----------------------------------------------------------------------------
 */

typedef int (*verb_function)(struct bench *bench, struct buffer *said);

static int in_a_turn(struct bench *bench, verb_function verb, struct buffer *said) {
    int error;
    int committed;

    if (verb == restart) {
        return verb(bench, said);
    }
    broker_begin_turn(bench->broker);
    error = verb(bench, said);
    committed = broker_commit(bench->broker);
    return error != 0 ? error : committed;
}

/* What it says and leaves behind when nothing fails. */
static void without_failure(
        verb_function verb, bool is_sealed, struct buffer *ret_said, struct buffer *ret_after) {
    struct bench bench;

    bench_set_up(&bench, is_sealed);
    assert_int_equal(in_a_turn(&bench, verb, ret_said), 0);
    bench_look(&bench, ret_after);
    bench_tear_down(&bench);
}

static void assert_same(const struct buffer *got, const struct buffer *wanted) {
    assert_int_equal(buffer_finish(got), 0);
    assert_int_equal(got->len, wanted->len);
    assert_memory_equal(got->data, wanted->data, got->len);
}

/* Whether the n-th allocation came. */
static bool with_failure(verb_function verb, bool is_sealed, size_t n,
        const struct buffer *wanted_said, const struct buffer *wanted_after) {
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    struct bench bench;
    bool came;
    int error;

    bench_set_up(&bench, is_sealed);
    bench_look(&bench, &before);
    allocation_fail_at(n);
    error = in_a_turn(&bench, verb, &said);
    came = allocation_stop();
    assert_true(error <= 0);
    assert_true(came || error == 0);
    if (bench.broker == NULL || error != 0) {
        if (verb == restart) {
            bench_close(&bench);
            assert_int_equal(bench_open(&bench), 0);
        }
        bench_look(&bench, &after);
        assert_same(&after, &before);
        buffer_deinit(&said);
        assert_int_equal(in_a_turn(&bench, verb, &said), 0);
    } else if (said.broken) {
        buffer_deinit(&said); /* it is the test's own buffer that found no memory */
        buffer_append_span(&said, buffer_span(wanted_said));
    }
    assert_same(&said, wanted_said);
    buffer_clear(&after);
    bench_look(&bench, &after);
    assert_same(&after, wanted_after);
    bench_tear_down(&bench);
    return came;
}

static size_t one_after_another(verb_function verb, bool is_sealed) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    size_t n = 1;

    without_failure(verb, is_sealed, &said, &after);
    while (with_failure(verb, is_sealed, n, &said, &after)) {
        assert_true(++n < FAILURES_MAX);
    }
    return n - 1;
}

/* Twice: what the first time leaves behind are the libraries' caches, the second is a leak. */
static void under_failures(verb_function verb, bool is_sealed) {
    size_t count = one_after_another(verb, is_sealed);
    size_t live = allocation_live();

    assert_true(count > 0);
    (void)one_after_another(verb, is_sealed); /* it may be fewer */
    assert_int_equal(allocation_live(), live);
    print_message("# %zu allocations%s\n", count, is_sealed ? ", sealed" : "");
}

/* What the libraries keep for good, they have then: libcrypto its last 16 errors. */
static int warm_up(void **state) {
    for (int i = 0; i < 16; i++) {
        (void)one_after_another(put_new, true); /* how many is no matter */
    }
    return 0;
}

#define TEST(verb) \
    static void verb##_is_done_or_not(void **state) { \
        under_failures(verb, false); \
        under_failures(verb, true); \
    }

TEST(put_new)
TEST(put_again)
TEST(put_generated)
TEST(patch)
TEST(rotate)
TEST(delete_it)
TEST(cleanup)
TEST(advance)
TEST(get_version)
TEST(bench_list)
TEST(bench_events)
TEST(status)
TEST(restart)

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(put_new_is_done_or_not),
            cmocka_unit_test(put_again_is_done_or_not),
            cmocka_unit_test(put_generated_is_done_or_not),
            cmocka_unit_test(patch_is_done_or_not),
            cmocka_unit_test(rotate_is_done_or_not),
            cmocka_unit_test(delete_it_is_done_or_not),
            cmocka_unit_test(cleanup_is_done_or_not),
            cmocka_unit_test(advance_is_done_or_not),
            cmocka_unit_test(get_version_is_done_or_not),
            cmocka_unit_test(bench_list_is_done_or_not),
            cmocka_unit_test(bench_events_is_done_or_not),
            cmocka_unit_test(status_is_done_or_not),
            cmocka_unit_test(restart_is_done_or_not),
    };
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)dup2(quiet, STDERR_FILENO); /* each failure is logged, thousands of times */
    (void)close(quiet);
    return cmocka_run_group_tests_name("allocation", tests, warm_up, NULL);
}

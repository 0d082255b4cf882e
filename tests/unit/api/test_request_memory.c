/*
 * The n-th allocation fails, n = 1, 2, ... until none does: decoding says -ENOMEM each time, never
 * a definition that lacks something, and leaks nothing (the address sanitizer's build sees to
 * that).
 */
#include "support/test.h"

#include "api/ghostkey/request.h"
#include <errno.h>
#include <malloc.h>

#define VALUE_MAX_BYTES 4096
#define ALLOCATIONS_MAX 10000
#define CANARY "hunter2hunter2"

static size_t failing; /* 0: none */
static size_t allocations;

static size_t left_behind; /* blocks freed with the canary in them */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size) {
    void *block;

    allocations++;
    block = failing != 0 && allocations == failing ? NULL : __real_malloc(size);
    if (block != NULL) {
        memset(block, 0, size); /* what is freed is read below, and valgrind watches */
    }
    return block;
}

void __real_free(void *block);
void __wrap_free(void *block);

void __wrap_free(void *block) {
    if (block != NULL && memmem(block, malloc_usable_size(block), CANARY, strlen(CANARY)) != NULL) {
        left_behind++;
    }
    __real_free(block);
}

typedef int (*decode_function)(struct span body, size_t value_max_bytes,
        struct decoded *ret_decoded, struct definition *ret_definition, struct problem *problem);

/* First a text that the decoder's own place has no room for, so that malloc() is asked as well. */
#define LARGE_BYTES 3000
#define LARGE_BASE64_BYTES (LARGE_BYTES / 3 * 4)
#define BODY_HEAD "{\"value_base64\":\""

static const char body_tail[] =
        "\",\"ttl\":\"15m\",\"env\":\"DB_PASS\",\"rotation\":"
        "{\"strategy\":\"cycle\",\"values\":[\"one\",\"two\",\"three, which is a longer text\"],"
        "\"on_expiry\":true},\"labels\":{\"team\":\"core\",\"a name that is longer than others\":"
        "\"and a value that is longer than sixteen bytes, so that the lexer's buffer grows\"}}";

static void assert_whole(const struct definition *definition) {
    const struct parameter *list = &definition->policy.parameters[0].value;

    assert_int_equal(definition->value.len, LARGE_BYTES);
    assert_true(span_is(definition->env, "DB_PASS"));
    assert_int_equal(list->count, 3);
    assert_true(span_is(list_at(list, 2), "three, which is a longer text"));
    assert_int_equal(definition->label_count, 2);
    assert_true(span_is(definition->labels[0].value,
            "and a value that is longer than sixteen bytes, so that the lexer's buffer grows"));
}

static void decode_under_failures(decode_function decode) {
    static char body[sizeof(BODY_HEAD) + LARGE_BASE64_BYTES + sizeof(body_tail)];
    int r = -ENOMEM;

    memset(body, 'A', sizeof(body));
    memcpy(body, BODY_HEAD, sizeof(BODY_HEAD) - 1);
    memcpy(body + sizeof(BODY_HEAD) - 1 + LARGE_BASE64_BYTES, body_tail, sizeof(body_tail));

    for (failing = 1; r != 0 && failing < ALLOCATIONS_MAX; failing++) {
        DECODED_AUTO struct decoded decoded = DECODED_NULL;
        struct problem problem = PROBLEM_NULL;
        struct definition definition;

        allocations = 0;
        r = decode(span_of(body), VALUE_MAX_BYTES, &decoded, &definition, &problem);
        if (r == 0) {
            assert_true(allocations < failing);
            assert_whole(&definition);
        } else {
            assert_int_equal(r, -ENOMEM);
            assert_null(decoded.root);
        }
    }
    assert_int_equal(r, 0);
    assert_true(failing > 30); /* it is our allocator that was asked */
    failing = 0;
}

static void put_survives_each_failed_allocation(void **state) {
    decode_under_failures(request_decode_put);
}

static void patch_survives_each_failed_allocation(void **state) {
    decode_under_failures(request_decode_patch);
}

/* ---- bodies of one member ---------------------------------------------------------------------
 */

#define LONG_MEMBER 6000

/* The decoder's own place has no room for a text so long: malloc() is asked for it. */
static struct span long_body(const char *before, const char *after) {
    static char body[LONG_MEMBER + 64];
    size_t at = strlen(before);

    memcpy(body, before, at);
    memset(body + at, '0', LONG_MEMBER);
    memcpy(body + at + LONG_MEMBER, after, strlen(after) + 1);
    return span_of(body);
}

static int decode_advance(struct span body, struct problem *problem) {
    int64_t by_s = -1;
    int r = request_decode_advance(body, &by_s, problem);

    assert_true(r != 0 ? by_s == -1 : by_s == 90);
    return r;
}

static int decode_set_clock(struct span body, struct problem *problem) {
    instant now = -1;
    int r = request_decode_set_clock(body, &now, problem);

    assert_true(r != 0 ? now == -1 : now == 0);
    return r;
}

/* The n-th allocation fails, until none does; then it says wanted. */
static void say_at_last(int (*decode)(struct span body, struct problem *problem), struct span body,
        int wanted, size_t failures_min) {
    int r = -ENOMEM;

    for (failing = 1; r == -ENOMEM && failing < ALLOCATIONS_MAX; failing++) {
        struct problem problem = PROBLEM_NULL;

        allocations = 0;
        r = decode(body, &problem);
        assert_true(r == -ENOMEM || allocations < failing || problem.detail[0] != '\0');
    }
    assert_int_equal(r, wanted);
    assert_true(failing > failures_min); /* it is our allocator that was asked */
    failing = 0;
}

static void advance_survives_each_failed_allocation(void **state) {
    say_at_last(decode_advance, span_of("{\"by\":\"1m30s\"}"), 0, 1);
    say_at_last(decode_advance, long_body("{\"by\":\"", "90s\"}"), 0, 3);
    say_at_last(decode_advance, long_body("{\"by\":90,\"", "\":1}"), GK_E_BAD_REQUEST, 3);
}

static void set_clock_survives_each_failed_allocation(void **state) {
    say_at_last(decode_set_clock, span_of("{\"now\":\"1970-01-01T00:00:00Z\"}"), 0, 1);
    say_at_last(decode_set_clock, long_body("{\"now\":\"", "\"}"), GK_E_BAD_REQUEST, 3);
}

static void empty_survives_each_failed_allocation(void **state) {
    say_at_last(request_decode_empty, span_of("{}"), 0, 1);
    say_at_last(request_decode_empty, long_body("{\"", "\":1}"), GK_E_BAD_REQUEST, 3);
}

static void repeated_member_is_refused_or_out_of_memory(void **state) {
    int told = 0;

    for (failing = 1; failing < 100; failing++) {
        DECODED_AUTO struct decoded decoded = DECODED_NULL;
        struct problem problem = PROBLEM_NULL;
        struct definition definition;
        int r;

        allocations = 0;
        r = request_decode_put(span_of("{\"value\":\"x\",\"value\":\"y\"}"), VALUE_MAX_BYTES,
                &decoded, &definition, &problem);
        assert_true(r == -ENOMEM || r == GK_E_BAD_REQUEST);
        told += r == GK_E_BAD_REQUEST && strstr(problem.detail, "'value'") != NULL;
    }
    assert_true(told > 0);
    failing = 0;
}

static void no_value_is_left_in_freed_memory(void **state) {
    static const char *const bodies[] = {
            "{\"value\":\"" CANARY "\",\"rotation\":{\"strategy\":\"cycle\",\"values\":[\"" CANARY
            "\",\"x\"]},\"labels\":{\"a\":\"" CANARY "\"}}",
            "{\"value_base64\":\"aHVudGVyMmh1bnRlcjI=\",\"ttl\":1}",
            "{\"value\":\"" CANARY "\",\"value\":1}",
            "{\"value\":\"" CANARY "\\u00",
            "{\"value\":\"" CANARY "\",\"foo\":1}",
    };

    left_behind = 0;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        DECODED_AUTO struct decoded decoded = DECODED_NULL;
        struct problem problem = PROBLEM_NULL;
        struct definition definition;
        int r = request_decode_put(
                span_of(bodies[i]), VALUE_MAX_BYTES, &decoded, &definition, &problem);

        assert_int_equal(r, i < 2 ? 0 : GK_E_BAD_REQUEST);
    }
    assert_int_equal(left_behind, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(put_survives_each_failed_allocation),
            cmocka_unit_test(patch_survives_each_failed_allocation),
            cmocka_unit_test(advance_survives_each_failed_allocation),
            cmocka_unit_test(set_clock_survives_each_failed_allocation),
            cmocka_unit_test(empty_survives_each_failed_allocation),
            cmocka_unit_test(repeated_member_is_refused_or_out_of_memory),
            cmocka_unit_test(no_value_is_left_in_freed_memory),
    };

    request_setup();
    return cmocka_run_group_tests_name("request_memory", tests, NULL, NULL);
}

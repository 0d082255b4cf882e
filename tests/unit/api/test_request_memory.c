/*
 * The n-th allocation fails, n = 1, 2, ... until none does: each time the decoder returns -ENOMEM,
 * and never a definition that lacks something. What it frees is wiped.
 */
#include <errno.h>
#include <malloc.h>

#include "api/ghostkey/request.h"
#include "support/test.h"

#define VALUE_MAX_BYTES 64
#define ALLOCATIONS_MAX 100
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

/* A value in base64, a list and a text with an escape, none of which is in the body as it is. */
static const char body[] =
        "{\"value_base64\":\"aHVudGVyMmh1bnRlcjI=\",\"ttl\":\"15m\",\"env\":\"DB_PASS\","
        "\"rotation\":"
        "{\"strategy\":\"cycle\",\"values\":[\"one\",\"two\",\"three\"],\"on_expiry\":true},"
        "\"labels\":{\"team\":\"c\\u006fre\"}}";

static int decode_definition(bool is_patch, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct definition definition = {0};
    const struct parameter *list = &definition.policy.parameters[0].value;
    int error = (is_patch ? request_decode_patch : request_decode_put)(
            span_of(body), VALUE_MAX_BYTES, &bytes, &definition, problem);

    if (error == 0) {
        assert_true(span_is(definition.value, CANARY));
        assert_int_equal(list->count, 3);
        assert_true(span_is(list_at(list, 2), "three"));
        assert_true(span_is(definition.labels[0].value, "core"));
    }
    return error;
}

static int decode_put(struct problem *problem) {
    return decode_definition(false, problem);
}

static int decode_patch(struct problem *problem) {
    return decode_definition(true, problem);
}

static int decode_advance(struct problem *problem) {
    int64_t by_s = -1;
    int error = request_decode_advance(span_of("{\"by\":\"\\u0031m30s\"}"), &by_s, problem);

    assert_true(error != 0 ? by_s == -1 : by_s == 90);
    return error;
}

static int decode_set_clock(struct problem *problem) {
    instant now = -1;
    int error = request_decode_set_clock(
            span_of("{\"n\\u006fw\":\"1970-01-01T00:00:00Z\"}"), &now, problem);

    assert_true(error != 0 ? now == -1 : now == 0);
    return error;
}

static int decode_empty(struct problem *problem) {
    return request_decode_empty(span_of("{\"f\\u006frce\":1}"), problem);
}

static int decode_repeated(struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct definition definition;

    return request_decode_put(span_of("{\"value\":\"x\",\"v\\u0061lue\":\"y\"}"), VALUE_MAX_BYTES,
            &bytes, &definition, problem);
}

static void each_failed_allocation_is_an_errno_and_no_result(void **state) {
    static const struct {
        int (*decode)(struct problem *problem);
        int wanted; /* once no allocation fails */
    } rows[] = {
            {decode_put, 0},
            {decode_patch, 0},
            {decode_advance, 0},
            {decode_set_clock, 0},
            {decode_empty, GK_E_BAD_REQUEST},
            {decode_repeated, GK_E_BAD_REQUEST},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int error = -ENOMEM;

        for (failing = 1; error == -ENOMEM && failing < ALLOCATIONS_MAX; failing++) {
            struct problem problem = PROBLEM_NULL;

            allocations = 0;
            error = rows[i].decode(&problem);
            assert_true(error == -ENOMEM || allocations < failing);
        }
        assert_int_equal(error, rows[i].wanted);
        assert_true(failing > 2); /* at least one allocation was made to fail */
    }
    failing = 0;
}

static void no_value_is_left_in_freed_memory(void **state) {
    static const char *const bodies[] = {
            "{\"value\":\"\\n" CANARY
            "\",\"rotation\":{\"strategy\":\"cycle\",\"values\":[\"" CANARY
            "\",\"x\"]},\"labels\":{\"a\":\"" CANARY "\"}}",
            "{\"value_base64\":\"aHVudGVyMmh1bnRlcjI=\",\"ttl\":1}",
            "{\"value\":\"" CANARY "\",\"value\":1}",
            "{\"value\":\"" CANARY "\\u00",
            "{\"value\":\"" CANARY "\",\"foo\":1}",
    };

    left_behind = 0;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
        struct problem problem = PROBLEM_NULL;
        struct definition definition;
        int r = request_decode_put(
                span_of(bodies[i]), VALUE_MAX_BYTES, &bytes, &definition, &problem);

        assert_int_equal(r, i < 2 ? 0 : GK_E_BAD_REQUEST);
    }
    assert_int_equal(left_behind, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_failed_allocation_is_an_errno_and_no_result),
            cmocka_unit_test(no_value_is_left_in_freed_memory),
    };

    return cmocka_run_group_tests_name("request_memory", tests, NULL, NULL);
}

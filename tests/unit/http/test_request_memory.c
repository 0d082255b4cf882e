/*
 * The n-th allocation fails, n = 1, 2, ... until none does: decoding says -ENOMEM each time, never
 * a definition that lacks something, and leaks nothing (the address sanitizer's build sees to
 * that).
 */
#include "support/test.h"

#include "http/request.h"
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
    assert_true(span_is(definition->labels[1].value,
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
            cmocka_unit_test(repeated_member_is_refused_or_out_of_memory),
            cmocka_unit_test(no_value_is_left_in_freed_memory),
    };

    request_setup();
    return cmocka_run_group_tests_name("request_memory", tests, NULL, NULL);
}

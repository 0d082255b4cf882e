/*
 * A request of each route, from its text to its answer, with the n-th allocation failing, n = 1, 2,
 * ... until none does: in memory, and in a sealed file. An answer is whole or a 500, and where it
 * is a 500 nothing of the request happened, though the verb may have come to its end before the
 * answer found no memory.
 */
#include <fcntl.h>
#include <h2o/memory.h>
#include <unistd.h>

#include "allocation.h"
#include "asked.h"
#include "bench.h"
#include "http/api.h"
#include "http/call.h"
#include "http/metrics.h"
#include "http/request_ring.h"
#include "support/test.h"

#define FAILURES_MAX 20000
#define OPERATIONS_MAX 256
#define ASKED_MAX 128
#define KEPT_MAX_BYTES 4096

static struct span text_or_none(const char *text) {
    return text != NULL ? span_of(text) : SPAN_NULL;
}

static bool is_tried[OPERATIONS_MAX];
static char kept[KEPT_MAX_BYTES]; /* for one call */
static size_t kept_len;

void *__wrap_h2o_mem_alloc_pool(h2o_mem_pool_t *pool, size_t len);

/* h2o ends the program if it has no memory. */
void *__wrap_h2o_mem_alloc_pool(h2o_mem_pool_t *pool, size_t len) {
    char *place = &kept[kept_len];

    (void)pool;
    kept_len += len;
    assert_true(kept_len <= sizeof(kept));
    return place;
}

static struct request request_of(const struct asked *asked, struct header *header) {
    *header = (struct header){text_or_none(asked->header), text_or_none(asked->header_value)};
    return (struct request){
            .method = span_of(asked->method),
            .path = span_of(asked->path),
            .query = text_or_none(asked->query),
            .body = text_or_none(asked->body),
            .headers = header,
            .header_count = asked->header != NULL,
    };
}

/* In a turn of its own. The answer's body stays the caller's. */
static void ask(struct bench *bench, const struct asked *asked, struct call *call) {
    static const struct metrics metrics;
    static struct request_ring ring; /* nothing was asked */
    const struct api_context context = {.broker = bench->broker,
            .vault_mount = SPAN_LITERAL("secret/"),
            .aws_region = SPAN_LITERAL("us-east-1")};
    const struct api_request request = {&call->request, &context, false};
    struct header header;
    int error;

    *call = (struct call){
            .request = request_of(asked, &header),
            .context = &context,
            .broker = bench->broker,
            .metrics = &metrics,
            .requests = &ring,
    };
    kept_len = 0;
    call->api = api_of(&request);
    broker_begin_turn(bench->broker);
    call_answer(call);
    if (call->operation != NULL) {
        is_tried[api_operation_number(call->operation)] = true;
    }
    error = broker_commit(bench->broker);
    if (error != 0 && call->after_commit) {
        call_refuse(call, error);
    }
    call->context = NULL; /* it ends here */
    mentions_deinit(&call->named);
    mentions_deinit(&call->told);
}

static void assert_same(const struct buffer *got, const struct buffer *wanted) {
    assert_int_equal(buffer_finish(got), 0);
    assert_int_equal(got->len, wanted->len);
    assert_memory_equal(got->data, wanted->data, got->len);
}

struct outcome {
    struct buffer answer;
    struct buffer after;
};

static void without_failure(
        const struct asked *asked, bool is_sealed, struct outcome *ret_outcome) {
    struct call call;
    struct bench bench;

    bench_set_up(&bench, is_sealed, false);
    ask(&bench, asked, &call);
    if (call.answer.status < 200 || call.answer.status > 204) {
        print_message("# status %d: %.*s\n", call.answer.status,
                SPAN_ARGS(buffer_span(&call.answer.body)));
        fail();
    }
    ret_outcome->answer = call.answer.body;
    bench_look(&bench, &ret_outcome->after);
    bench_tear_down(&bench);
}

/* Whether the n-th allocation came. */
static bool with_failure(const struct asked *asked, bool is_sealed, size_t n,
        const struct outcome *wanted, size_t *refused) {
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    struct call call;
    struct bench bench;
    bool came;

    bench_set_up(&bench, is_sealed, false);
    bench_look(&bench, &before);
    allocation_fail_at(n);
    ask(&bench, asked, &call);
    came = allocation_stop();
    if (call.answer.status == 500) {
        assert_true(came);
        *refused += 1;
        bench_look(&bench, &after);
        assert_same(&after, &before);
        buffer_deinit(&call.answer.body);
        ask(&bench, asked, &call);
        buffer_clear(&after);
    }
    assert_same(&call.answer.body, &wanted->answer);
    buffer_deinit(&call.answer.body);
    bench_look(&bench, &after);
    assert_same(&after, &wanted->after);
    bench_tear_down(&bench);
    return came;
}

static size_t one_after_another(const struct asked *asked, bool is_sealed, size_t *refused) {
    struct outcome wanted = {BUFFER_NULL, BUFFER_NULL};
    size_t n = 1;

    without_failure(asked, is_sealed, &wanted);
    while (with_failure(asked, is_sealed, n, &wanted, refused)) {
        assert_true(++n < FAILURES_MAX);
    }
    buffer_deinit(&wanted.answer);
    buffer_deinit(&wanted.after);
    return n - 1;
}

/* Twice: what the first time leaves behind are the libraries' caches, the second is a leak. */
static void under_failures(const struct asked *asked, bool is_sealed) {
    size_t refused = 0;
    size_t count = one_after_another(asked, is_sealed, &refused);
    size_t live = allocation_live();

    assert_true(refused > 0);
    print_message("# %zu allocations, %zu answers of 500%s\n", count, refused,
            is_sealed ? ", sealed" : "");
    (void)one_after_another(asked, is_sealed, &refused); /* it may be fewer */
    assert_int_equal(allocation_live(), live);
}

static void answer_is_whole_or_nothing_happened(void **state) {
    under_failures(*state, false);
    under_failures(*state, true);
}

/* Those that need a token in the state, a replica, h2o or a browser; and what is refused. */
static const char *const not_tried[] = {"/", "/page/{file}", GK_ROUTE_PAGE_CODE,
        GK_ROUTE_PAGE_TOKEN, GK_ROUTE_METRICS, "/v1/{mount}/{path}", "/v1/auth/token/lookup",
        "/v1/auth/token/renew", "/v1/auth/token/revoke", "/v1/auth/token/renew-self",
        "/v1/auth/token/lookup-accessor", "/v1/auth/token/renew-accessor",
        "/v1/auth/token/revoke-accessor", "StopReplicationToReplica"};

static bool is_left_out(const struct operation *operation) {
    for (size_t i = 0; i < sizeof(not_tried) / sizeof(not_tried[0]); i++) {
        if (strcmp(operation->label, not_tried[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Itself, or another one with the same function: PUT as POST. */
static bool was_tried(const struct api *api, const struct operation *operation) {
    for (size_t i = 0; i < api->operation_count; i++) {
        if (api->operations[i].handle == operation->handle &&
                is_tried[api_operation_number(&api->operations[i])]) {
            return true;
        }
    }
    return false;
}

static void each_operation_was_tried(void **state) {
    size_t missing = 0;

    for (size_t i = 0; i < api_count; i++) {
        for (size_t j = 0; j < apis[i]->operation_count; j++) {
            const struct operation *operation = &apis[i]->operations[j];

            if (!is_left_out(operation) && !was_tried(apis[i], operation)) {
                print_message("# not tried: %s %s\n", operation->method, operation->label);
                missing += 1;
            }
        }
    }
    assert_int_equal(missing, 0);
}

/* What the libraries keep for good, they have then: libcrypto its last 16 errors. */
static int warm_up(void **state) {
    size_t refused = 0;

    for (int i = 0; i < 16; i++) {
        (void)one_after_another(&all_asked[0], true, &refused); /* how many is no matter */
    }
    return 0;
}

int main(void) {
    struct CMUnitTest tests[ASKED_MAX] = {0};
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < asked_count; i++) {
        tests[i].name = all_asked[i].name;
        tests[i].test_func = answer_is_whole_or_nothing_happened;
        tests[i].initial_state = (void *)&all_asked[i]; /* which nobody changes */
    }
    tests[asked_count] = (struct CMUnitTest)cmocka_unit_test(each_operation_was_tried);
    (void)dup2(quiet, STDERR_FILENO); /* each failure is logged, hundreds of times */
    (void)close(quiet);
    return _cmocka_run_group_tests("answers", tests, asked_count + 1, warm_up, NULL);
}

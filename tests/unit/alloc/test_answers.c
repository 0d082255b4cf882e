/*
 * A request of each route, from its text to its answer, with the n-th allocation failing, n = 1, 2,
 * ... until none does: in memory, and in a sealed file. An answer is whole or a 500, and where it
 * is a 500 nothing of the request happened, though the verb may have come to its end before the
 * answer found no memory.
 */
#include "support/test.h"

#include "allocation.h"
#include "bench.h"
#include "http/api.h"
#include "http/call.h"
#include "http/metrics.h"
#include "http/request_ring.h"
#include <fcntl.h>
#include <unistd.h>

#define FAILURES_MAX 20000

struct asked {
    const char *name;
    const char *method;
    const char *path;
    const char *query;
    const char *body;
};

static const struct asked requests[] = {
        {"put", "PUT", GK_ROUTE_SECRET "app/new", NULL,
                "{\"value\":\"new\",\"ttl\":\"15m\",\"labels\":{\"team\":\"core\"}}"},
        {"put_generated", "PUT", GK_ROUTE_SECRET "plain", NULL,
                "{\"generate\":true,\"rotation\":{\"strategy\":\"hex\",\"length\":2048}}"},
        {"patch", "PATCH", GK_ROUTE_SECRET "turning", NULL,
                "{\"ttl\":\"2m\",\"labels\":{\"tier\":\"one\"}}"},
        {"rotate", "POST", GK_ROUTE_ROTATE "turning", NULL, NULL},
        {"delete", "DELETE", GK_ROUTE_SECRET "turning", NULL, NULL},
        {"cleanup", "POST", GK_ROUTE_CLEANUP, NULL, NULL},
        {"advance", "POST", GK_ROUTE_CLOCK_ADVANCE, NULL, "{\"by\":\"10m\"}"},
        {"set_clock", "PUT", GK_ROUTE_CLOCK, NULL, "{\"now\":\"2000-01-01T00:05:00Z\"}"},
        {"get", "GET", GK_ROUTE_SECRET "turning", NULL, NULL},
        {"get_version", "GET", GK_ROUTE_SECRET "plain", "version=2", NULL},
        {"metadata", "GET", GK_ROUTE_METADATA "plain", NULL, NULL},
        {"list", "GET", GK_ROUTE_SECRETS, "values=true", NULL},
        {"events", "GET", GK_ROUTE_EVENTS, "limit=5", NULL},
        {"clock", "GET", GK_ROUTE_CLOCK, NULL, NULL},
        {"readers", "GET", GK_ROUTE_READERS "plain", NULL, NULL},
        {"requests", "GET", GK_ROUTE_REQUESTS, "limit=5", NULL},
        {"put_fault", "PUT", GK_ROUTE_FAULT "b", NULL, "{\"effect\":{\"status\":418}}"},
        {"get_fault", "GET", GK_ROUTE_FAULT "b", NULL, NULL},
        {"delete_fault", "DELETE", GK_ROUTE_FAULT "a", NULL, NULL},
        {"list_faults", "GET", GK_ROUTE_FAULTS, NULL, NULL},
        {"apply", "POST", GK_ROUTE_APPLY, "prune=true",
                "{\"secrets\":{\"plain\":{\"ttl\":60}},"
                "\"faults\":{\"b\":{\"match\":{\"api\":\"a\\u0077s\"},\"effect\":{\"drop\":"
                "\"after\"}}}}"},
        {"dump", "GET", GK_ROUTE_DUMP, "values=true", NULL},
        {"delete_faults", "DELETE", GK_ROUTE_FAULTS, NULL, NULL},
        {"status", "GET", GK_ROUTE_STATUS, NULL, NULL},
        {"openapi", "GET", GK_ROUTE_OPENAPI, NULL, NULL},
        {"vault_write", "POST", "/v1/secret/data/app/%20new", NULL,
                "{\"data\":{\"k\":[1.50]},\"options\":{\"cas\":0}}"},
        {"vault_read", "GET", "/v1/secret/data/plain", "version=2", NULL},
        {"vault_subkeys", "GET", "/v1/secret/subkeys/plain", NULL, NULL},
        {"vault_metadata", "GET", "/v1/secret/metadata/plain", NULL, NULL},
        {"vault_list", "LIST", "/v1/secret/metadata", NULL, NULL},
};

#define REQUEST_COUNT (sizeof(requests) / sizeof(*requests))

static struct span text_or_none(const char *text) {
    return text != NULL ? span_of(text) : SPAN_NULL;
}

/* In a turn of its own. The answer's body stays the caller's. */
static void ask(struct bench *bench, const struct asked *asked, struct call *call) {
    static const struct metrics metrics;
    static struct request_ring ring; /* nothing was asked */
    const struct api_context context = {.broker = bench->broker,
            .vault_mount = SPAN_LITERAL("secret/"),
            .aws_region = SPAN_LITERAL("us-east-1")};
    const struct api_request request = {&call->request, &context, false};
    int error;

    *call = (struct call){
            .request = {.method = span_of(asked->method),
                    .path = span_of(asked->path),
                    .query = text_or_none(asked->query),
                    .body = text_or_none(asked->body)},
            .context = &context,
            .broker = bench->broker,
            .metrics = &metrics,
            .requests = &ring,
    };
    call->api = api_of(&request);
    broker_begin_turn(bench->broker);
    call_answer(call);
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
    assert_true(call.answer.status == 200 || call.answer.status == 201);
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

/* What the libraries keep for good, they have then: libcrypto its last 16 errors. */
static int warm_up(void **state) {
    size_t refused = 0;

    for (int i = 0; i < 16; i++) {
        (void)one_after_another(&requests[0], true, &refused); /* how many is no matter */
    }
    return 0;
}

int main(void) {
    struct CMUnitTest tests[REQUEST_COUNT] = {0};
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < REQUEST_COUNT; i++) {
        tests[i].name = requests[i].name;
        tests[i].test_func = answer_is_whole_or_nothing_happened;
        tests[i].initial_state = (void *)&requests[i]; /* which nobody changes */
    }
    (void)dup2(quiet, STDERR_FILENO); /* each failure is logged, hundreds of times */
    (void)close(quiet);
    return _cmocka_run_group_tests("answers", tests, REQUEST_COUNT, warm_up, NULL);
}

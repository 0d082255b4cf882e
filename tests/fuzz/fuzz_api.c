/*
 * What happens to a request in the daemon, without sockets: any script of requests, in the form of
 * fixtures/sessions, for one broker. Each request gets an answer, none gets a 500 that no fault
 * rule wants, and JSON in an answer parses.
 */
#include <h2o.h>
#include <jansson.h>

#include "api/ghostkey/request.h"
#include "fuzz.h"
#include "http/api.h"
#include "http/call.h"
#include "http/metrics.h"
#include "http/request_ring.h"
#include "http/token.h"
#include "support/broker_fixture.h"
#include "support/test.h"

#define REQUESTS_MAX 64
#define ADVANCE_MAX_S 600 /* more than that takes the time of many runs to fire */

struct script {
    struct header headers[REQUEST_HEADERS_MAX];
    size_t count;
};

/* Takes the first line off rest. */
static struct span take_line(struct span *rest) {
    const char *end = memchr(rest->data, '\n', rest->len);
    struct span line = {rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len};
    size_t taken = line.len + (end != NULL);

    rest->data += taken;
    rest->len -= taken;
    return line;
}

/* Takes what stands before mark off rest, and mark with it; all of rest if it has no mark. */
static struct span take_to(struct span *rest, char mark) {
    const char *end = memchr(rest->data, mark, rest->len);
    struct span taken = {rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len};
    size_t gone = taken.len + (end != NULL);

    rest->data += gone;
    rest->len -= gone;
    return taken;
}

static void take_header(struct script *script, struct span line) {
    struct header header = {.name = take_to(&line, ':')};

    while (line.len > 0 && line.data[0] == ' ') {
        line.data++;
        line.len--;
    }
    header.value = line;
    if (script->count < REQUEST_HEADERS_MAX) {
        script->headers[script->count++] = header;
    }
}

/* One step of a script: title, request line, headers, an empty line, the body. */
static void take_request(struct script *script, struct request *request, struct span step) {
    struct span line = take_line(&step);

    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ' ') {
        line = take_line(&step);
    }
    request->method = take_to(&line, ' ');
    request_set_target(request, line);
    while ((line = take_line(&step)).len > 0) {
        take_header(script, line);
    }
    request->headers = script->headers;
    request->header_count = script->count;
    request->body = step;
    while (request->body.len > 0 && request->body.data[request->body.len - 1] == '\n') {
        request->body.len--;
    }
}

/* Whether it moves the clock so far that nothing else would be tried. */
static bool is_long_advance(struct span body) {
    struct problem problem = PROBLEM_NULL;
    int64_t by_s = 0;
    instant now = 0;

    if (request_decode_advance(body, &by_s, &problem) == 0) {
        return by_s > ADVANCE_MAX_S;
    }
    return request_decode_set_clock(body, &now, &problem) == 0 &&
           now > INSTANT_VIRTUAL_DEFAULT + ADVANCE_MAX_S * 1000;
}

static void look_at(const struct call *call) {
    const struct answer *answer = &call->answer;

    /* a fault rule may want any error; one that it does not want is none of ours */
    MUST(answer->status >= 200 && answer->status < (call->fault != NULL ? 600 : 500));
    MUST(!call->is_closed || call->fault != NULL);
    if (answer->media != NULL && strstr(answer->media, "json") != NULL) {
        json_t *document = json_loadb(answer->body.data, answer->body.len, 0, NULL);

        MUST(json_is_object(document));
        json_decref(document);
    }
}

static void ask(struct broker *broker, const struct metrics *metrics, struct span step) {
    h2o_mem_pool_t pool; /* for lists of several lines */
    struct script script = {.count = 0};
    const struct token token = TOKEN_NULL;
    const struct api_context context = {.broker = broker,
            .token = &token,
            .vault_mount = SPAN_LITERAL("secret/"),
            .vault_token_ttl_s = 3600,
            .aws_region = SPAN_LITERAL("us-east-1")};
    static struct request_ring requests; /* nothing was asked */
    struct call call = {.context = &context,
            .broker = broker,
            .metrics = metrics,
            .requests = &requests,
            .request = {.pool = &pool}};
    const struct api_request asked = {&call.request, &context, false};

    take_request(&script, &call.request, step);
    if (is_long_advance(call.request.body)) {
        return;
    }
    h2o_mem_init_pool(&pool);
    call.api = api_of(&asked);
    broker_begin_turn(broker);
    call_answer(&call);
    MUST(broker_commit(broker) == 0);
    look_at(&call);
    answer_clear(&call.answer);
    mentions_deinit(&call.named);
    mentions_deinit(&call.told);
    h2o_mem_clear_pool(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct metrics metrics;
    struct span rest = {(const char *)data, size};
    void *fixture;

    (void)fixture_setup(&fixture); /* which fails with an assertion */
    for (int i = 0; rest.len > 0 && i < REQUESTS_MAX; i++) {
        const char *next = memmem(rest.data, rest.len, "\n###", 4);
        struct span step = {rest.data, next != NULL ? (size_t)(next - rest.data) : rest.len};

        rest.data += step.len + (next != NULL ? 4 : 0);
        rest.len -= step.len + (next != NULL ? 4 : 0);
        ask(((struct fixture *)fixture)->broker, &metrics, step);
    }
    (void)fixture_teardown(&fixture); /* as above */
    return 0;
}

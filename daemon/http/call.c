#include "http/call.h"

#include "broker/broker.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/delay.h"
#include "http/head.h"
#include "http/observe.h"
#include "http/request_log.h"
#include "process/log.h"

static void sum_up(const struct call *call, struct answered *ret_answered) {
    bool tells = !call->is_closed && !span_is(call->request.method, "HEAD");

    *ret_answered = (struct answered){
            .peer = connection_peer(call->connection, &call->request),
            .api = call->api->name,
            .operation = call->operation,
            .name = call->named.first.name,
            .told = tells ? &call->told : NULL,
            .fault = call->fault != NULL ? span_of(call->fault) : SPAN_NULL,
            .status = call->is_closed ? 0 : call->answer.status,
            .taken_ns = clock_ticks_ns() - call->came_ns,
    };
}

/* Runs when the request's pool is cleared. */
static void call_dispose(void *chunk) {
    struct call *call = chunk;
    h2o_iovec_t entity = call->req->entity;
    struct answered answered;

    if (call->list != NULL || call->delayed.delays != NULL) { /* the client does not wait */
        if (call->list != NULL) {
            TAILQ_REMOVE(call->list, call, link);
        }
        delayed_forget(&call->delayed);
        call->is_closed = true;
        sum_up(call, &answered);
        observe(call->broker, call->requests, &answered);
    }
    if (entity.base != NULL) {
        explicit_bzero(entity.base, entity.len); /* it is still in the connection's input */
    }
    buffer_deinit(&call->answer.body);
    mentions_deinit(&call->named);
    mentions_deinit(&call->told);
    connection_answered(call->connection);
}

struct call *call_new(h2o_req_t *req, const struct api_context *context,
        const struct metrics *metrics, struct request_ring *requests) {
    struct call *call = h2o_mem_alloc_shared(&req->pool, sizeof(*call), call_dispose);

    memset(call, 0, offsetof(struct call, fault_place));
    memset(&call->problem, 0, offsetof(struct problem, detail) + 1);
    mentions_init(&call->named);
    mentions_init(&call->told);
    call->req = req;
    call->context = context;
    call->broker = context->broker;
    call->metrics = metrics;
    call->requests = requests;
    call->came_ns = clock_ticks_ns();
    call->connection = connection_of(req);
    call->connection->is_answering = true;
    call->is_tcp = call->connection->access.tcp_port != 0;
    request_take(&call->request, req);
    return call;
}

/* Whether the body is larger than that of the request whose head is the first of the input may be.
 */
static bool is_too_large(const struct call *call, struct span input) {
    size_t len = call->request.body.len;

    if (len <= GK_BODY_MAX_BYTES(broker_value_max_bytes(call->broker))) {
        return false;
    }
    return len > GK_DOCUMENT_MAX_BYTES || !head_takes_large_body(input);
}

static void check_limits(struct call *call) {
    const h2o_buffer_t *buffer = call->connection->sock->input;
    struct span input = {buffer->bytes, buffer->size};

    call->limit = head_check(input, &call->problem);
    if (call->limit == 0 && is_too_large(call, input)) {
        call->limit = GK_E_TOO_LARGE;
    }
}

void call_judge(struct call *call) {
    const struct api_request request = {&call->request, call->context, call->is_tcp};
    bool is_known = false;

    call->api = api_of(&request);
    call->denied = access_judge_request(
            &call->connection->access, &request, call->api, &is_known, &call->problem);
    if (call->denied == 0 && call->connection->is_cut) {
        /* or connection_head.c read another head in the same bytes */
        call->denied = problem_set(&call->problem, GK_E_FORBIDDEN,
                "without the token a body may have %d bytes at most, and the head must say how "
                "many",
                CONNECTION_OPEN_BODY_MAX_BYTES);
    }
    if (call->denied == 0 && is_known) {
        connection_set_known(call->connection);
    }
    if (call->denied == 0) {
        check_limits(call);
    }
    /* of an unknown connection only the first head is judged before its body is read */
    if (call->denied != 0 || call->limit != 0 || !call->connection->is_known) {
        call->req->http1_is_persistent = 0;
    }
}

struct span call_keep(struct call *call, struct span text) {
    char *kept = h2o_mem_alloc_pool(call->request.pool, text.len);

    memcpy(kept, text.data, text.len);
    return (struct span){kept, text.len};
}

/* Has the API do what was asked for. */
static int perform(struct call *call) {
    int error = call->api->serve(call);

    return error != 0 ? error : buffer_finish(&call->answer.body);
}

static int serve(struct call *call) {
    int error;

    if (call->denied != 0) {
        return call->denied;
    }
    error = call->api->route(call);
    if (error != 0) {
        return error;
    }
    error = perform(call);
    if (error < 0 && call->after_commit) {
        broker_void(call->broker, error); /* a 500 changes nothing (contract, section 3) */
    }
    return error;
}

void call_answer(struct call *call) {
    int error = serve(call);

    if (error != 0) {
        call_refuse(call, error);
    }
}

void call_answer_again(struct call *call) {
    answer_clear(&call->answer);
    call->problem = PROBLEM_NULL;
    call->after_commit = false;
    mentions_deinit(&call->named);
    mentions_deinit(&call->told);
    call_answer(call);
}

void call_refuse(struct call *call, int error) {
    struct answer *answer = &call->answer;

    buffer_deinit(&answer->body);
    answer->etag = 0;
    answer->header_count = 0;
    answer->more = NULL;
    answer->is_stream = false;
    mentions_deinit(&call->told);
    answer->fault = call->fault;
    call->api->refuse(call, error);
    if (error == GK_E_FAULT && answer->status == 429) {
        answer_add_header(answer, "retry-after", SPAN_LITERAL("1"));
    }
    if (buffer_finish(&answer->body) != 0) {
        buffer_deinit(&answer->body); /* no memory: the status alone is sent */
        answer->media = NULL;
    }
}

struct span call_body(const struct call *call) {
    if (call->answer.body.len == 0 || !answer_may_have_body(&call->answer) ||
            span_is(call->request.method, "HEAD")) {
        return SPAN_NULL;
    }
    return buffer_span(&call->answer.body);
}

void call_count(const struct call *call, struct metrics *metrics) {
    struct answered answered;

    sum_up(call, &answered);
    observe(call->broker, call->requests, &answered);
    metrics_count(metrics, call->api, call->operation, answered.status, answered.taken_ns);
    if (log_has(LOG_REQUESTS)) {
        request_log(&answered);
    }
}

struct span call_end(struct call *call, struct metrics *metrics) {
    struct span body = call_body(call);

    call->is_closed |= call->effect.kind == FAULT_DROP_AFTER;
    call_count(call, metrics);
    if (call->effect.kind == FAULT_TRUNCATE && call->effect.number < body.len) {
        body.len = call->effect.number;
    }
    return body;
}

/* The bytes of a body that is cut are sent: the connection is closed without the rest. */
static void on_cut(h2o_generator_t *self, h2o_req_t *req) {
    connection_shut_down(connection_of(req));
    req->http1_is_persistent = 0;
    h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
}

void call_send(struct call *call, struct metrics *metrics) {
    static h2o_generator_t whole = {NULL, NULL};
    static h2o_generator_t cut = {on_cut, NULL};
    struct span body = call_end(call, metrics);
    bool is_cut = call->effect.kind == FAULT_TRUNCATE;
    /* not copied: the buffer is wiped when the request's pool is cleared, a copy would not be */
    h2o_iovec_t vector = {(char *)body.data, body.len};

    answer_write_head(&call->answer, call->req);
    if (call->is_closed) {
        connection_shut_down(call->connection); /* h2o notices it when it writes */
    } else {
        connection_sending(call->connection);
    }
    h2o_start_response(call->req, is_cut ? &cut : &whole);
    h2o_send(call->req, &vector, vector.len > 0,
            is_cut ? H2O_SEND_STATE_IN_PROGRESS : H2O_SEND_STATE_FINAL);
}

#include "http/handler.h"

#include "http/chunks.h"
#include "http/connection.h"

struct phr_chunked_decoder; /* no installed header of h2o declares it */

struct handler {
    h2o_handler_t super;
    struct turn *turn;
};

struct refusal_filter {
    h2o_filter_t super;
    struct turn *turn;
};

struct refusal_stream {
    h2o_ostream_t super;
    struct turn *turn;
    struct call *call;
};

/*
 * Replaces h2o's function of this name, which reads chunked bodies: the linker prefers a program's
 * function to a library's. contract/http tests that.
 */
ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *bytes, size_t *len)
        __attribute__((visibility("default")));

ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *bytes, size_t *len) {
    /* the daemon does not run with 32 bits: machine.h */
    _Static_assert(sizeof(size_t) < 8 || sizeof(struct chunks) == 2 * sizeof(size_t),
            "struct chunks is not as large as what h2o has in its place");

    return chunks_take((struct chunks *)decoder, bytes, len);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req) {
    struct turn *turn = ((struct handler *)self)->turn;
    struct call *call = call_new(req, turn->api_context, &turn->metrics, &turn->requests);

    turn_begin(turn);
    call_judge(call);
    call_answer(call);
    if (call->answer.is_stream && !span_is(call->request.method, "HEAD")) {
        call_count(call, &turn->metrics);
        stream_begin(&turn->streams, call); /* it has only committed events */
    } else if (call->after_commit || broker_is_changing(turn->broker)) {
        turn_add(turn, call);
    } else {
        turn_send(turn, call);
    }
    return 0;
}

/* What h2o refuses by itself, before it calls a handler (lib/http1.c). */
static int outcome_of(int status) {
    switch (status) {
    case 413:
        return GK_E_TOO_LARGE;
    case 417:
        return GK_E_EXPECTATION;
    default:
        return GK_E_BAD_REQUEST; /* Content-Length, Transfer-Encoding or chunks are broken */
    }
}

static void pass_on(struct call *call, struct metrics *metrics) {
    struct span body = call_end(call, metrics);
    h2o_iovec_t vector = {(char *)body.data, body.len};

    if (call->is_closed) {
        connection_shut_down(call->connection);
    }
    h2o_ostream_send_next(call->refusal, call->req, &vector, body.len > 0, H2O_SEND_STATE_FINAL);
}

static void on_refusal_due(struct delays *delays, struct delayed *delayed, bool is_gone) {
    struct call *call = H2O_STRUCT_FROM_MEMBER(struct call, delayed, delayed);

    call->is_closed |= is_gone;
    pass_on(call, delays->metrics);
}

/* Sends the API's answer in place of h2o's, which comes in one piece. */
static void send_refusal(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bodies,
        size_t body_count, h2o_send_state_t state) {
    struct turn *turn = ((struct refusal_stream *)self)->turn;
    struct call *call = ((struct refusal_stream *)self)->call;

    if (call->effect.delay_ms > 0) {
        call->delayed.connection = call->connection;
        call->delayed.on_due = on_refusal_due;
        delays_add(&turn->delays, &call->delayed, call->effect.delay_ms);
    } else {
        pass_on(call, &turn->metrics);
    }
}

/*
 * Lets the API word what h2o has refused. The API checks the head first, so that a wrong path is
 * named before a body that is too large.
 */
static void on_refusal(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot) {
    struct turn *turn = ((struct refusal_filter *)self)->turn;
    struct call *call = call_new(req, turn->api_context, &turn->metrics, &turn->requests);
    struct refusal_stream *stream;

    turn_begin(turn); /* what has fallen due meanwhile counts */
    call_judge(call);
    if (call->limit == 0) {
        call->limit = outcome_of(req->res.status);
    }
    call_answer(call);
    answer_write_head(&call->answer, req);
    stream = (struct refusal_stream *)h2o_add_ostream(req, sizeof(*stream), slot);
    stream->super.do_send = send_refusal;
    stream->turn = turn;
    stream->call = call;
    call->refusal = &stream->super;
    h2o_setup_next_ostream(req, &stream->super.next);
}

void handler_register(h2o_hostconf_t *host, struct turn *turn) {
    h2o_pathconf_t *all = h2o_config_register_path(host, "/", 0);
    struct handler *handler = (struct handler *)h2o_create_handler(all, sizeof(*handler));
    /* h2o gives every path a '/' at its start, so the fallback gets only what h2o refuses */
    struct refusal_filter *filter =
            (struct refusal_filter *)h2o_create_filter(&host->fallback_path, sizeof(*filter));

    handler->super.on_req = on_request;
    handler->turn = turn;
    filter->super.on_setup_ostream = on_refusal;
    filter->turn = turn;
}

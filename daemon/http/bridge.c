#include "http/bridge.h"

#include "api/ghostkey/api.h"
#include "http/chunks.h"

struct phr_chunked_decoder; /* no header of h2o that is installed declares it */

struct bridge_handler {
    h2o_handler_t super;
    struct turn *turn;
};

struct bridge_filter {
    h2o_filter_t super;
    struct turn *turn;
};

struct bridge_stream {
    h2o_ostream_t super;
    struct delivery *delivery;
};

/*
 * h2o calls this function of its own for the bytes of a body in chunks. The program's stands before
 * a library's where both have one, so this is the one that is called (contract/http sees to that).
 */
ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *bytes, size_t *len)
        __attribute__((visibility("default")));

ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *bytes, size_t *len) {
    /* with 32 bits the daemon does not run: machine.h */
    _Static_assert(sizeof(size_t) < 8 || sizeof(struct chunks) == 2 * sizeof(size_t),
            "it takes that one's place");

    return chunks_take((struct chunks *)decoder, bytes, len);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req) {
    struct turn *turn = ((struct bridge_handler *)self)->turn;
    struct delivery *delivery = delivery_new(req, turn->broker, turn->token);

    delivery->exchange.metrics = &turn->metrics;
    turn_begin(turn);
    api_answer(&delivery->exchange);
    if (delivery->exchange.answer.is_stream && !span_is(delivery->exchange.method, "HEAD")) {
        delivery_count(delivery, &turn->metrics);
        delivery_write_head(delivery);
        feed_begin(&turn->feed, delivery); /* shows only what is committed */
    } else if (delivery->exchange.after_commit || broker_is_changing(turn->broker)) {
        turn_add(turn, delivery);
    } else {
        delivery_send(delivery, &turn->metrics);
    }
    return 0;
}

/* What h2o answers by itself before a handler is asked (lib/http1.c). */
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

static void send_refusal(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bodies,
        size_t body_count, h2o_send_state_t state) {
    h2o_iovec_t body = {NULL, 0};

    /* h2o's own sentence is left out */
    body_count = delivery_body(((struct bridge_stream *)self)->delivery, &body);
    h2o_ostream_send_next(self, req, &body, body_count, state);
}

/*
 * Puts a problem document in the place of h2o's plain text. The exchange goes through the route
 * table, so that a wrong path, method or name is told before a body that was too large.
 */
static void on_refusal(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot) {
    struct turn *turn = ((struct bridge_filter *)self)->turn;
    struct delivery *delivery = delivery_new(req, turn->broker, turn->token);
    struct bridge_stream *stream;

    if (delivery->exchange.refused == 0) {
        delivery->exchange.refused = outcome_of(req->res.status);
    }
    api_answer(&delivery->exchange);
    delivery_count(delivery, &turn->metrics);
    delivery_write_head(delivery);
    stream = (struct bridge_stream *)h2o_add_ostream(req, sizeof(*stream), slot);
    stream->super.do_send = send_refusal;
    stream->delivery = delivery;
    h2o_setup_next_ostream(req, &stream->super.next);
}

void bridge_register(h2o_hostconf_t *host, struct turn *turn) {
    h2o_pathconf_t *all = h2o_config_register_path(host, "/", 0);
    struct bridge_handler *handler =
            (struct bridge_handler *)h2o_create_handler(all, sizeof(*handler));
    /* every path begins with '/' for h2o, so only what it refuses comes to the fallback */
    struct bridge_filter *filter =
            (struct bridge_filter *)h2o_create_filter(&host->fallback_path, sizeof(*filter));

    handler->super.on_req = on_request;
    handler->turn = turn;
    filter->super.on_setup_ostream = on_refusal;
    filter->turn = turn;
}

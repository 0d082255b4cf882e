#include "http/delivery.h"

#include "http/head.h"

#define ETAG_MAX_BYTES (DECIMAL_MAX_BYTES + 2) /* and two quotes */

/* Runs when the request's pool is cleared: what it holds must not outlive that. */
static void delivery_dispose(void *chunk) {
    struct delivery *delivery = chunk;
    h2o_iovec_t entity = delivery->req->entity;

    if (h2o_linklist_is_linked(&delivery->link)) {
        h2o_linklist_unlink(&delivery->link);
    }
    if (entity.base != NULL) {
        explicit_bzero(entity.base, entity.len); /* it stands in the connection's input still */
    }
    buffer_deinit(&delivery->exchange.answer.body);
    connection_answered(delivery->connection);
}

static struct span span_of_iovec(h2o_iovec_t text) {
    return (struct span){text.base, text.len};
}

/*
 * Splits a request target into path and query; of an absolute one (http://host/path, RFC 9112,
 * section 3.2.2), scheme and authority are left out; the authority is returned.
 */
static struct span take_target(struct exchange *exchange, struct span target) {
    static const struct span schemes[] = {{"http://", 7}, {"https://", 8}};
    const char *question = memchr(target.data, '?', target.len);
    struct span host = SPAN_NULL;

    if (question != NULL) {
        exchange->has_query = true;
        exchange->query_text.data = question + 1;
        exchange->query_text.len = target.len - (size_t)(question + 1 - target.data);
        target.len = (size_t)(question - target.data);
    }
    exchange->path = target;
    for (size_t at = 0; at < sizeof(schemes) / sizeof(schemes[0]); at++) {
        struct span scheme = schemes[at];
        const char *slash;

        if (target.len < scheme.len || strncasecmp(target.data, scheme.data, scheme.len) != 0) {
            continue;
        }
        slash = memchr(target.data + scheme.len, '/', target.len - scheme.len);
        host = (struct span){target.data + scheme.len,
                slash == NULL ? target.len - scheme.len
                              : (size_t)(slash - target.data) - scheme.len};
        exchange->path = slash == NULL
                                 ? SPAN_LITERAL("/")
                                 : (struct span){slash, target.len - (size_t)(slash - target.data)};
    }
    return host;
}

/* A list that is spread over several lines of the head is one list (RFC 9110, section 5.3). */
static void take_list(h2o_mem_pool_t *pool, struct span *list, h2o_iovec_t line) {
    h2o_iovec_t whole = line;

    if (list->data != NULL) {
        whole = h2o_concat(pool, h2o_iovec_init(list->data, list->len),
                h2o_iovec_init(H2O_STRLIT(", ")), line);
    }
    *list = span_of_iovec(whole);
}

/* h2o 2.2 leaves the blanks behind a value, which are no part of it (RFC 9110, section 5.5). */
static void trim_headers(h2o_req_t *req) {
    req->input.authority.len = head_value_length(span_of_iovec(req->input.authority));
    for (size_t at = 0; at < req->headers.size; at++) {
        h2o_iovec_t *value = &req->headers.entries[at].value;

        value->len = head_value_length(span_of_iovec(*value));
    }
}

static void take_headers(struct exchange *exchange, h2o_req_t *req) {
    for (size_t at = 0; at < req->headers.size; at++) {
        const h2o_header_t *header = &req->headers.entries[at];

        if (header->name == &H2O_TOKEN_CONTENT_TYPE->buf) {
            exchange->content_type = span_of_iovec(header->value);
        } else if (header->name == &H2O_TOKEN_CONTENT_ENCODING->buf) {
            take_list(&req->pool, &exchange->content_encoding, header->value);
        } else if (header->name == &H2O_TOKEN_ACCEPT->buf) {
            take_list(&req->pool, &exchange->accept, header->value);
        } else if (header->name == &H2O_TOKEN_IF_MATCH->buf) {
            take_list(&req->pool, &exchange->if_match, header->value);
        } else if (header->name == &H2O_TOKEN_IF_NONE_MATCH->buf) {
            take_list(&req->pool, &exchange->if_none_match, header->value);
        } else if (span_is(span_of_iovec(*header->name), "last-event-id")) {
            exchange->last_event_id = span_of_iovec(header->value);
        }
    }
}

/* What is judged of a request over TCP. A second line of one kind is not looked at, but refused. */
static struct access_claim claim_of(const struct delivery *delivery, const h2o_req_t *req) {
    struct access_claim claim = {
            .host = span_of_iovec(req->input.authority),
            .target_host = delivery->target_host,
    };

    for (size_t at = 0; at < req->headers.size; at++) {
        const h2o_header_t *header = &req->headers.entries[at];

        if (header->name == &H2O_TOKEN_AUTHORIZATION->buf) {
            claim.authorization =
                    claim.authorization.data == NULL ? span_of_iovec(header->value) : SPAN_NULL;
        } else if (span_is(span_of_iovec(*header->name), "origin")) {
            claim.origin = claim.origin.data == NULL ? span_of_iovec(header->value)
                                                     : SPAN_LITERAL(""); /* is nobody's */
        }
    }
    return claim;
}

struct delivery *delivery_new(h2o_req_t *req, struct broker *broker, const struct token *token) {
    struct delivery *delivery =
            h2o_mem_alloc_shared(&req->pool, sizeof(*delivery), delivery_dispose);
    struct exchange *exchange = &delivery->exchange;
    struct access_claim claim;

    memset(delivery, 0, offsetof(struct delivery, exchange) + EXCHANGE_HEAD_BYTES);
    exchange->problem.detail[0] = '\0';
    delivery->req = req;
    delivery->connection = connection_of(req);
    connection_answering(delivery->connection);
    delivery->came_ns = clock_ticks_ns();
    exchange->broker = broker;
    exchange->method = span_of_iovec(req->input.method);
    delivery->target_host = take_target(exchange, span_of_iovec(req->input.path));
    trim_headers(req);
    take_headers(exchange, req);
    exchange->body = span_of_iovec(req->entity);
    claim = claim_of(delivery, req);
    exchange->refused =
            access_judge_request(&delivery->connection->access, &claim, token, &exchange->problem);
    if (exchange->refused == 0 && delivery->connection->is_cut) {
        exchange->refused = GK_E_FORBIDDEN; /* the gate has seen another head in the same bytes */
    }
    if (exchange->refused == 0) {
        connection_recognised(delivery->connection);
    }
    if (exchange->refused == 0) {
        const h2o_buffer_t *input = delivery->connection->sock->input;

        exchange->refused =
                head_check((struct span){input->bytes, input->size}, &exchange->problem);
    }
    if (exchange->refused == 0 &&
            exchange->body.len > GK_BODY_MAX_BYTES(broker_value_max_bytes(broker))) {
        exchange->refused = GK_E_TOO_LARGE;
    }
    if (exchange->refused != 0) {
        req->http1_is_persistent = 0;
    }
    return delivery;
}

static const char *reason_of(int status) {
    if (status == 200) {
        return "OK";
    }
    if (status == 304) {
        return "Not Modified";
    }
#define REASON_ROW(symbol, row_status, title, exit_status, sentence) \
    if (status == (row_status)) { \
        return title; \
    }
    GK_OUTCOMES(REASON_ROW)
#undef REASON_ROW
    return "Unknown";
}

static void add_header(h2o_req_t *req, const h2o_token_t *token, const char *value) {
    h2o_add_header(&req->pool, &req->res.headers, token, NULL, value, strlen(value));
}

void delivery_write_head(struct delivery *delivery) {
    const struct answer *answer = &delivery->exchange.answer;
    h2o_req_t *req = delivery->req;

    req->res.status = answer->status;
    req->res.reason = reason_of(answer->status);
    req->res.headers = (h2o_headers_t){NULL};
    req->res.content_length =
            answer->status == 304 || answer->is_stream ? SIZE_MAX : answer->body.len;
    if (answer->media != NULL) {
        add_header(req, H2O_TOKEN_CONTENT_TYPE, answer->media);
    }
    if (answer->status == gk_outcome_status(GK_E_UNAUTHORIZED)) {
        add_header(req, H2O_TOKEN_WWW_AUTHENTICATE, "Bearer");
    }
    if (answer->allow != NULL) {
        add_header(req, H2O_TOKEN_ALLOW, answer->allow);
    }
    if (answer->etag != 0) {
        char *etag = h2o_mem_alloc_pool(&req->pool, ETAG_MAX_BYTES);
        size_t len = decimal_format(answer->etag, etag + 1) + 2;

        etag[0] = etag[len - 1] = '"';
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_ETAG, NULL, etag, len);
    }
}

size_t delivery_body(struct delivery *delivery, h2o_iovec_t *ret_body) {
    const struct exchange *exchange = &delivery->exchange;

    if (exchange->answer.body.len == 0 || exchange->answer.status == 304 ||
            span_is(exchange->method, "HEAD")) {
        return 0;
    }
    /* not copied: the buffer is wiped when the request's pool is cleared, a copy would not be */
    *ret_body = h2o_iovec_init(exchange->answer.body.data, exchange->answer.body.len);
    return 1;
}

void delivery_count(const struct delivery *delivery, struct metrics *metrics) {
    const struct exchange *exchange = &delivery->exchange;

    metrics_count(metrics, exchange->route, exchange->answer.status,
            clock_ticks_ns() - delivery->came_ns);
}

void delivery_send(struct delivery *delivery, struct metrics *metrics) {
    static h2o_generator_t generator = {NULL, NULL};
    h2o_iovec_t body = {NULL, 0};
    size_t body_count = delivery_body(delivery, &body);

    delivery_count(delivery, metrics);
    delivery_write_head(delivery);
    connection_sending(delivery->connection);
    h2o_start_response(delivery->req, &generator);
    h2o_send(delivery->req, &body, body_count, H2O_SEND_STATE_FINAL);
}

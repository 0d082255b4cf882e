#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

static void reply_clock(struct exchange *exchange, instant now, instant next_due) {
    struct buffer *body = answer_json(exchange);

    buffer_append_text(body, "{\"mode\":\"");
    buffer_append_text(body, clock_kind_text(broker_clock_kind(exchange->broker)));
    buffer_append_text(body, "\",\"now\":");
    reply_instant(body, now);
    buffer_append_text(body, ",\"next_due\":");
    reply_instant(body, next_due);
}

static void reply_ahead(struct buffer *body, int64_t ahead_s) {
    if (ahead_s > 0) {
        buffer_append_text(body, ",\"ahead\":");
        buffer_append_decimal(body, (uint64_t)ahead_s);
    }
}

int handle_get_clock(struct exchange *exchange) {
    instant next_due;
    int error = broker_next_due(exchange->broker, &next_due);

    if (error == 0) {
        reply_clock(exchange, broker_now(exchange->broker), next_due);
        reply_ahead(&exchange->answer.body, broker_ahead_s(exchange->broker));
        buffer_append_byte(&exchange->answer.body, '}');
    }
    return error;
}

static void reply_advance(struct exchange *exchange, const struct advance *advance) {
    struct buffer *body = &exchange->answer.body;

    reply_clock(exchange, broker_now(exchange->broker), advance->next_due);
    buffer_append_text(body, ",\"rotated\":");
    buffer_append_decimal(body, advance->rotated);
    buffer_append_text(body, ",\"expired\":");
    buffer_append_decimal(body, advance->expired);
    buffer_append_byte(body, '}');
}

int handle_set_clock(struct exchange *exchange) {
    struct advance advance;
    instant to;
    int error = request_decode_set_clock(exchange->body, &to, &exchange->problem);

    if (error == 0) {
        error = broker_set_clock(exchange->broker, to, &advance, &exchange->problem);
    }
    if (error == 0) {
        reply_advance(exchange, &advance);
    }
    return error;
}

int handle_advance_clock(struct exchange *exchange) {
    struct advance advance;
    int64_t by_s;
    int error = request_decode_advance(exchange->body, &by_s, &exchange->problem);

    if (error == 0) {
        error = broker_advance(exchange->broker, by_s, &advance, &exchange->problem);
    }
    if (error == 0) {
        reply_advance(exchange, &advance);
    }
    return error;
}

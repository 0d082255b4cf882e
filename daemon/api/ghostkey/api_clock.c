#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

static void reply_clock(struct call *call, instant now, instant next_due) {
    struct buffer *body = answer_json(call);

    buffer_append_text(body, "{\"mode\":\"");
    buffer_append_text(body, clock_kind_text(broker_clock_kind(call->broker)));
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

int handle_get_clock(struct call *call) {
    reply_clock(call, broker_now(call->broker), broker_next_due(call->broker));
    reply_ahead(&call->answer.body, broker_ahead_s(call->broker));
    buffer_append_byte(&call->answer.body, '}');
    return 0;
}

static void reply_advance(struct call *call, const struct advance *advance) {
    struct buffer *body = &call->answer.body;

    reply_clock(call, broker_now(call->broker), advance->next_due);
    buffer_append_text(body, ",\"rotated\":");
    buffer_append_decimal(body, advance->rotated);
    buffer_append_text(body, ",\"expired\":");
    buffer_append_decimal(body, advance->expired);
    buffer_append_text(body, ",\"deleted\":");
    buffer_append_decimal(body, advance->deleted);
    buffer_append_byte(body, '}');
}

int handle_set_clock(struct call *call) {
    struct advance advance;
    instant to;
    int error = request_decode_set_clock(call->request.body, &to, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_set_clock(call->broker, to, &advance, &call->problem);
    if (error != 0) {
        return error;
    }
    reply_advance(call, &advance);
    return 0;
}

int handle_advance_clock(struct call *call) {
    struct advance advance;
    int64_t by_s;
    int error = request_decode_advance(call->request.body, &by_s, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_advance(call->broker, by_s, &advance, &call->problem);
    if (error != 0) {
        return error;
    }
    reply_advance(call, &advance);
    return 0;
}

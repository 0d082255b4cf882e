#include "http/handlers.h"
#include "http/reply.h"
#include "http/request.h"

struct page {
    struct buffer *body;
    bool first;
    uint64_t next;
};

static void on_event(void *userdata, const struct event *event) {
    struct page *page = userdata;

    if (!page->first) {
        buffer_append_byte(page->body, ',');
    }
    page->first = false;
    page->next = event->seq;
    reply_event(page->body, event);
}

/*
 * Where a stream begins: behind what the client had, else behind what it says, else now. A client
 * that had more than there is knows another log, one that was forgotten: it gets all of this one.
 */
static int begin_stream(struct exchange *exchange) {
    uint64_t last = broker_counters(exchange->broker)->last_event;
    uint64_t after = exchange->query.has_after_seq ? exchange->query.after_seq : last;
    int error = 0;

    if (exchange->query.has_limit) {
        return problem_set(&exchange->problem, GK_E_BAD_REQUEST,
                "parameter 'limit' goes with a page of events, not with a stream");
    }
    if (exchange->last_event_id.data != NULL) {
        error = request_decode_last_event(exchange->last_event_id, &after, &exchange->problem);
        after = after > last ? 0 : after;
    }
    if (error == 0) {
        exchange->answer.status = 200;
        exchange->answer.media = GK_MEDIA_STREAM;
        exchange->answer.is_stream = true;
        exchange->answer.stream_after = after;
    }
    return error;
}

static int list_page(struct exchange *exchange) {
    struct page page = {
            .body = answer_json(exchange),
            .first = true,
            .next = exchange->query.after_seq,
    };
    int error;

    buffer_append_text(page.body, "{\"events\":[");
    error = broker_events(
            exchange->broker, exchange->query.after_seq, exchange->query.limit, on_event, &page);
    buffer_append_text(page.body, "],\"next\":");
    buffer_append_decimal(page.body, page.next);
    buffer_append_byte(page.body, '}');
    return error;
}

int handle_list_events(struct exchange *exchange) {
    return request_wants_stream(exchange->accept) ? begin_stream(exchange) : list_page(exchange);
}

#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"
#include "http/metrics.h"

struct page {
    struct buffer *body;
    uint64_t first; /* seq; 0: none yet */
    uint64_t next;
};

static void on_event(void *userdata, const struct event *event) {
    struct page *page = userdata;

    if (page->first == 0) {
        page->first = event->seq;
    } else {
        buffer_append_byte(page->body, ',');
    }
    page->next = event->seq;
    reply_event(page->body, event);
}

/*
 * Refuses a reader whose next event is no longer kept: it would miss events and not know it. A
 * reader that has had none (after is 0) begins with the oldest event that is kept.
 */
static int check_next(struct call *call, uint64_t after, uint64_t next) {
    if (after == 0 || next <= after + 1) {
        return 0;
    }
    return problem_set(&call->problem, GK_E_EVENTS_GONE,
            "events %llu to %llu are no longer kept: go on after %llu, or after 0 for all that "
            "are kept",
            (unsigned long long)after + 1, (unsigned long long)next - 1,
            (unsigned long long)next - 1);
}

static void take_seq(void *userdata, const struct event *event) {
    *(uint64_t *)userdata = event->seq;
}

/*
 * Where a stream begins: behind the event in Last-Event-ID, else behind that of `after`, else now.
 * A Last-Event-ID above the last seq is from before a reset: the client gets all events.
 */
static int find_beginning(struct call *call, uint64_t *ret_after) {
    uint64_t last = broker_counters(call->broker)->last_event;
    struct span had = request_header(&call->request, "last-event-id");
    const struct query *query = &arguments_of(call)->query;
    uint64_t after = query->has_after_seq ? query->after_seq : last;
    uint64_t next = 0;
    int error;

    if (had.data != NULL) {
        error = request_decode_last_event(had, &after, &call->problem);
        if (error != 0) {
            return error;
        }
        after = after > last ? 0 : after;
    }
    *ret_after = after;
    error = broker_events(call->broker, after, 1, take_seq, &next);
    return error != 0 ? error : check_next(call, after, next);
}

static int begin_stream(struct call *call) {
    int error;

    if (arguments_of(call)->query.has_limit) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "parameter 'limit' goes with a page of events, not with a stream");
    }
    error = find_beginning(call, &call->answer.stream_after);
    if (error != 0) {
        return error;
    }
    if (metrics_waiting(call->metrics) >= GK_STREAMS_MAX) {
        return problem_set(&call->problem, GK_E_BUSY,
                "%d streams of events and delayed answers are open, which is the most: try again "
                "when one has ended",
                GK_STREAMS_MAX);
    }
    call->answer.status = 200;
    call->answer.media = GK_MEDIA_STREAM;
    call->answer.is_stream = true;
    return 0;
}

static int list_page(struct call *call) {
    uint64_t after = arguments_of(call)->query.after_seq;
    struct page page = {.body = answer_json(call), .next = after};
    int error;

    buffer_append_text(page.body, "{\"events\":[");
    error = broker_events(call->broker, after, arguments_of(call)->query.limit, on_event, &page);
    if (error != 0) {
        return error;
    }
    buffer_append_text(page.body, "],\"next\":");
    buffer_append_decimal(page.body, page.next);
    buffer_append_byte(page.body, '}');
    return check_next(call, after, page.first);
}

int handle_list_events(struct call *call) {
    return request_wants_stream(request_list(&call->request, "accept")) ? begin_stream(call)
                                                                        : list_page(call);
}

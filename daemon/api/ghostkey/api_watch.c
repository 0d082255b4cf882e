#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"
#include "broker/readers.h"
#include "http/request_ring.h"

#define NS_PER_US 1000

/* The entries of a list that is being written. */
struct entries {
    struct buffer *body;
    bool first;
};

static void begin_entry(struct entries *entries) {
    buffer_append_text(entries->body, entries->first ? "{" : ",{");
    entries->first = false;
}

/* A text, or null if its data is NULL. */
static void append_text_or_null(struct buffer *body, struct span text) {
    if (text.data != NULL) {
        json_write_text(body, text);
    } else {
        buffer_append_literal(body, "null");
    }
}

static void on_reader(void *userdata, const struct reader *reader, struct span stage) {
    struct entries *entries = userdata;
    struct buffer *body = entries->body;

    begin_entry(entries);
    buffer_append_literal(body, "\"peer\":");
    json_write_text(body, peer_text(reader->peer));
    buffer_append_literal(body, ",\"api\":");
    json_write_text(body, span_of(reader->api));
    buffer_append_literal(body, ",\"version\":");
    buffer_append_decimal(body, reader->version);
    buffer_append_literal(body, ",\"stage\":");
    append_text_or_null(body, stage);
    buffer_append_literal(body, ",\"at\":");
    reply_instant(body, reader->at);
    buffer_append_literal(body, ",\"reads\":");
    buffer_append_decimal(body, reader->reads);
    buffer_append_literal(body, "}");
}

int handle_list_readers(struct call *call) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    struct entries entries = {.body = &list, .first = true};
    struct span name = arguments_of(call)->name;
    struct buffer *body;
    uint64_t current;
    int error = broker_readers(call->broker, name, &current, on_reader, &entries, &call->problem);

    if (error != 0) {
        return error;
    }
    body = answer_json(call);
    buffer_append_literal(body, "{\"name\":");
    json_write_text(body, name);
    buffer_append_literal(body, ",\"current\":");
    buffer_append_decimal(body, current);
    buffer_append_literal(body, ",\"readers\":[");
    buffer_append_span(body, buffer_span(&list));
    buffer_append_literal(body, "]}");
    return buffer_finish(&list);
}

static void append_request(struct entries *entries, const struct seen_request *request) {
    const struct span name = {request->name_len > 0 ? request->name : NULL, request->name_len};
    const struct span fault = {request->fault_len > 0 ? request->fault : NULL, request->fault_len};
    struct buffer *body = entries->body;

    begin_entry(entries);
    buffer_append_literal(body, "\"seq\":");
    buffer_append_decimal(body, request->seq);
    buffer_append_literal(body, ",\"at\":");
    reply_instant(body, request->at);
    buffer_append_literal(body, ",\"peer\":");
    json_write_text(body, request->peer != NULL ? peer_text(request->peer) : SPAN_LITERAL("-"));
    buffer_append_literal(body, ",\"api\":");
    json_write_text(body, span_of(request->api));
    buffer_append_literal(body, ",\"operation\":");
    append_text_or_null(body, request->operation != NULL ? span_of(request->operation) : SPAN_NULL);
    buffer_append_literal(body, ",\"name\":");
    append_text_or_null(body, name);
    buffer_append_literal(body, ",\"status\":");
    if (request->status != 0) {
        buffer_append_decimal(body, (uint64_t)request->status);
    } else {
        buffer_append_literal(body, "null");
    }
    buffer_append_literal(body, ",\"us\":");
    buffer_append_decimal(body, request->taken_ns / NS_PER_US);
    buffer_append_literal(body, ",\"fault\":");
    append_text_or_null(body, fault);
    buffer_append_literal(body, "}");
}

int handle_list_requests(struct call *call) {
    const struct query *query = &arguments_of(call)->query;
    size_t left = query->has_limit ? query->limit : GK_REQUESTS_KEPT;
    struct entries entries = {.body = answer_json(call), .first = true};
    uint64_t next = query->after_seq;
    const struct seen_request *request = request_ring_after(call->requests, next);

    buffer_append_literal(entries.body, "{\"requests\":[");
    for (; request != NULL && left > 0; left--) {
        append_request(&entries, request);
        next = request->seq;
        request = request_ring_next(call->requests, request);
    }
    buffer_append_literal(entries.body, "],\"next\":");
    buffer_append_decimal(entries.body, next);
    buffer_append_literal(entries.body, "}");
    return 0;
}

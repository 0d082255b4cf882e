#include "http/handlers.h"
#include "http/reply.h"
#include "http/request.h"

struct page {
    struct buffer *body;
    instant now;
    bool values;
    bool first;
    size_t last_len; /* of the name that was written last */
    char last[GK_NAME_MAX_BYTES];
};

static void on_secret(void *userdata, const struct secret *secret) {
    struct page *page = userdata;

    if (!page->first) {
        buffer_append_byte(page->body, ',');
    }
    page->first = false;
    reply_secret(page->body, secret, page->now, page->values);
    page->last_len = secret->name.len;
    memcpy(page->last, secret->name.data, secret->name.len);
}

int handle_list_secrets(struct exchange *exchange) {
    struct page page = {
            .body = answer_json(exchange),
            .now = broker_now(exchange->broker),
            .values = exchange->query.values,
            .first = true,
    };
    struct listing listing = {
            .prefix = exchange->query.prefix,
            .after = exchange->query.after_name,
            .limit = exchange->query.limit,
            .expired = exchange->query.expired,
    };
    bool more = false;
    int error;

    buffer_append_text(page.body, "{\"secrets\":[");
    error = broker_list(exchange->broker, &listing, on_secret, &page, &more, &exchange->problem);
    buffer_append_text(page.body, "],\"next\":");
    if (more) {
        reply_text(page.body, (struct span){page.last, page.last_len});
    } else {
        buffer_append_text(page.body, "null");
    }
    buffer_append_byte(page.body, '}');
    return error;
}

struct removed {
    struct buffer *body;
    bool first;
};

static void on_removed(void *userdata, struct span name) {
    struct removed *removed = userdata;

    if (!removed->first) {
        buffer_append_byte(removed->body, ',');
    }
    removed->first = false;
    reply_text(removed->body, name);
}

int handle_cleanup(struct exchange *exchange) {
    struct removed removed = {.first = true};
    int error = request_decode_empty(exchange->body, &exchange->problem);

    if (error != 0) {
        return error;
    }
    removed.body = answer_json(exchange);
    buffer_append_text(removed.body, "{\"removed\":[");
    error = broker_cleanup(exchange->broker, on_removed, &removed);
    buffer_append_text(removed.body, "]}");
    return error;
}

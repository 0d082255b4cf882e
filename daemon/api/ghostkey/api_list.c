#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

#define END_MAX_BYTES (GK_NAME_MAX_BYTES + sizeof("],\"next\":\"\"}"))
#define PAGE_ROOM_BYTES (GK_PAGE_MAX_BYTES - END_MAX_BYTES)
#define JSON_GROWTH_MAX 7 /* an escaped byte has 6 bytes at most, and the text has two quotes */

struct page {
    struct call *call;
    struct buffer *body;
    instant now;
    bool values;
    size_t last_len; /* of the name that was written last; 0: none was */
    char last[GK_NAME_MAX_BYTES];
};

/* Whether the secret's value alone shows that its document does not fit into the page. */
static bool is_too_large(const struct page *page, const struct secret *secret) {
    size_t room = PAGE_ROOM_BYTES - page->body->len;

    /* most values are so short that their escaped length need not be counted */
    return page->values && secret_has_value(secret) &&
           secret->current.value.len > room / JSON_GROWTH_MAX && reply_value_bytes(secret) > room;
}

/* Writes the secret's document; false: it does not fit. The first one is written in any case. */
static bool on_secret(void *userdata, const struct secret *secret) {
    struct page *page = userdata;
    size_t len = page->body->len;
    bool with_value = page->values && secret_has_value(secret);
    bool is_first = page->last_len == 0;

    if (!is_first) {
        if (is_too_large(page, secret)) {
            return false;
        }
        buffer_append_byte(page->body, ',');
    }
    reply_listed(page->body, secret, page->now, with_value);
    if (!is_first && page->body->len > PAGE_ROOM_BYTES) {
        buffer_truncate(page->body, len);
        return false;
    }
    if (with_value) {
        mentions_add(&page->call->told, secret->name, &secret->current);
    }
    page->last_len = secret->name.len;
    memcpy(page->last, secret->name.data, secret->name.len);
    return true;
}

int handle_list_secrets(struct call *call) {
    const struct query *query = &arguments_of(call)->query;
    struct page page = {
            .call = call,
            .body = answer_json(call),
            .now = broker_now(call->broker),
            .values = query->values,
    };
    struct listing listing = {
            .prefix = query->prefix,
            .after = query->after_name,
            .limit = query->limit,
            .expired = query->expired,
            .deleted = query->deleted,
            .label = query->label,
            .label_value = query->label_value,
    };
    bool more = false;
    int error;

    buffer_append_text(page.body, "{\"secrets\":[");
    error = broker_list(call->broker, &listing, on_secret, &page, &more);
    buffer_append_text(page.body, "],\"next\":");
    if (more) {
        json_write_plain(page.body, (struct span){page.last, page.last_len});
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
    json_write_plain(removed->body, name);
}

int handle_cleanup(struct call *call) {
    struct removed removed = {.first = true};
    int error = request_decode_empty(call->request.body, &call->problem);

    if (error != 0) {
        return error;
    }
    removed.body = answer_json(call);
    buffer_append_text(removed.body, "{\"removed\":[");
    error = broker_cleanup(call->broker, on_removed, &removed);
    buffer_append_text(removed.body, "]}");
    return error;
}

int handle_reset(struct call *call) {
    bool is_forced;
    int error = request_decode_reset(call->request.body, &is_forced, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_reset(call->broker, is_forced, &call->problem);
    if (error != 0) {
        return error;
    }
    buffer_append_text(answer_json(call), "{\"reset\":true}");
    return 0;
}

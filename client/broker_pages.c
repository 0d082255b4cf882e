/* Lists, page by page. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "broker_internal.h"
#include "secret_name.h"

#define NEXT_MAX_BYTES (GK_NAME_MAX_BYTES + 32)

void broker_append_list_path(const struct broker_list_query *query, struct buffer *path) {
    buffer_printf(path, "%s?limit=%d&expired=%s", GK_ROUTE_SECRETS, GK_PAGE_MAX, query->expired);
    if (query->values) {
        buffer_append_text(path, "&values=true");
    }
    if (query->prefix != NULL && query->prefix[0] != '\0') {
        buffer_append_text(path, "&prefix=");
        secret_name_append_url(path, query->prefix);
    }
    if (query->after != NULL) {
        buffer_append_text(path, "&after=");
        secret_name_append_url(path, query->after);
    }
}

void broker_list_begin(struct broker_client *broker, const struct broker_list_query *query) {
    AUTO_BUFFER path = {0};

    broker_append_list_path(query, &path);
    http_begin(broker->http, &(struct http_request){.method = "GET", .path = path.data});
}

/* Where the page after this one begins, from its last bytes: `,"next":"NAME"}`. */
static json_t *find_next(const struct buffer *page) {
    static const char member[] = ",\"next\":";
    size_t tail = page->length < NEXT_MAX_BYTES ? page->length : NEXT_MAX_BYTES;
    const char *start = page->data + page->length - tail;
    const char *found = tail > 0 ? memmem(start, tail, member, strlen(member)) : NULL;
    AUTO_BUFFER alone = {0};

    if (found == NULL) {
        return NULL;
    }
    buffer_append_byte(&alone, '{');
    buffer_append(&alone, found + 1, tail - (size_t)(found + 1 - start));
    return json_loadb(alone.data, alone.length, 0, NULL);
}

int broker_list_finish(struct broker_client *broker, const struct broker_list_query *query,
        struct broker_answer *ret_answer) {
    static const struct http_request plain = {.method = "GET"};
    AUTO_ANSWER answer = {0};
    json_auto_t *tail = NULL;
    int status = 0;

    broker->broken = http_finish(broker->http, &status, &answer.body) < 0;
    if (broker->broken) {
        return broker_say_broken(broker, &plain);
    }
    tail = status == 200 ? find_next(&answer.body) : NULL;
    if (json_is_string(json_object_get(tail, "next"))) {
        struct broker_list_query next = *query;

        next.after = json_string_value(json_object_get(tail, "next"));
        broker_list_begin(broker, &next);
    }
    return broker_understand(status, &answer, ret_answer);
}

int broker_page_read(
        const struct broker_answer *page, json_t **ret_secrets, const char **ret_next) {
    json_t *secrets = json_object_get(page->document, "secrets");
    const json_t *next = json_object_get(page->document, "next");

    if (!json_is_array(secrets) || (!json_is_string(next) && !json_is_null(next))) {
        return broker_answer_misunderstood("a page has 'secrets' and 'next'");
    }
    *ret_secrets = secrets;
    *ret_next = json_string_value(next);
    return GK_EXIT_DONE;
}

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

/* The page, and the one after it on its way. */
static int finish_page(struct broker_client *broker, const struct broker_list_query *query,
        int *ret_status, struct buffer *page) {
    static const struct http_request plain = {.method = "GET"};
    json_auto_t *tail = NULL;

    broker->broken = http_finish(broker->http, ret_status, page) < 0;
    if (broker->broken) {
        return broker_say_broken(broker, &plain);
    }
    tail = *ret_status == 200 ? find_next(page) : NULL;
    if (json_is_string(json_object_get(tail, "next"))) {
        struct broker_list_query next = *query;

        next.after = json_string_value(json_object_get(tail, "next"));
        broker_list_begin(broker, &next);
    }
    return GK_EXIT_DONE;
}

int broker_list_finish(struct broker_client *broker, const struct broker_list_query *query,
        struct broker_answer *ret_answer) {
    AUTO_ANSWER answer = {0};
    int status = 0;
    int rc = finish_page(broker, query, &status, &answer.body);

    return rc != GK_EXIT_DONE ? rc : broker_understand(status, &answer, ret_answer);
}

int broker_list_finish_page(struct broker_client *broker, const struct broker_list_query *query,
        struct buffer *ret_page) {
    int status = 0;
    int rc = finish_page(broker, query, &status, ret_page);

    if (rc == GK_EXIT_DONE && status != 200) {
        rc = broker_refused(status, ret_page);
        rc = rc != GK_EXIT_DONE ? rc : GK_EXIT_FAILED; /* no refusal, but no page either */
    }
    return rc;
}

int broker_last_event(struct broker_client *broker, json_int_t *ret_seq) {
    AUTO_ANSWER answer = {0};
    const json_t *seq;
    int rc = broker_status(broker, &answer);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    seq = json_object_get(answer.document, "last_event");
    if (!json_is_integer(seq)) {
        return broker_answer_misunderstood("no 'last_event'");
    }
    *ret_seq = json_integer_value(seq);
    return GK_EXIT_DONE;
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

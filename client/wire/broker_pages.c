#include "wire/broker_pages.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "wire/broker_internal.h"

#define NEXT_MAX_BYTES (GK_NAME_MAX_BYTES + 32)
#define LIST_MORE_COUNT 10000                       /* of secrets and pages: */
#define LIST_MAX_COUNT ((size_t)1000 * 1000 * 1000) /* a list may grow while it is read */
#define EVENT_PAGES_MAX 20

void broker_append_list_path(const struct broker_list_query *query, struct buffer *path) {
    buffer_printf(path, "%s?limit=%d&expired=%s", GK_ROUTE_SECRETS,
            query->limit > 0 ? query->limit : GK_PAGE_MAX, query->expired);
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

static void ask_for_page(struct broker_client *broker, const struct broker_list_query *query) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    broker_append_list_path(query, &path);
    http_begin(broker->http, &(struct http_request){.method = "GET",
                                     .path = buffer_string(&path),
                                     .goes_on = query->after != NULL});
}

static void set_name(char **place, const char *name) {
    free(*place);
    *place = name != NULL ? heap_duplicate(name, strlen(name)) : NULL;
}

void broker_list_begin(
        struct broker_client *broker, const struct broker_list_query *query, size_t secrets) {
    struct broker_walk *walk = &broker->walk;

    set_name(&walk->after, NULL);
    set_name(&walk->asked, NULL);
    walk->count = 0;
    walk->count_most =
            secrets > LIST_MAX_COUNT / 2 ? LIST_MAX_COUNT : 2 * secrets + LIST_MORE_COUNT;
    ask_for_page(broker, query);
}

/*
 * Where the page after this one begins, from its last bytes: `,"next":"NAME"}`. NULL if they cannot
 * be told: then the page is read first. It is the last member of that name that counts, for a label
 * of a secret may have it as well.
 */
static json_t *find_next(const struct buffer *page) {
    static const char member[] = ",\"next\":";
    size_t tail = page->len < NEXT_MAX_BYTES ? page->len : NEXT_MAX_BYTES;
    const char *end = page->data + page->len;
    const char *found = NULL;
    BUFFER_AUTO struct buffer alone = BUFFER_NULL;

    for (const char *at = end - tail; tail > 0; at = found + 1) {
        const char *more = memmem(at, (size_t)(end - at), member, strlen(member));

        if (more == NULL) {
            break;
        }
        found = more;
    }
    if (found == NULL) {
        return NULL;
    }
    buffer_append_byte(&alone, '{');
    buffer_append(&alone, found + 1, (size_t)(end - found) - 1);
    return json_loadb(alone.data, alone.len, 0, NULL);
}

/* Asks for the page that begins behind that name. */
static void ask_after(
        struct broker_client *broker, const struct broker_list_query *query, const char *name) {
    struct broker_list_query next = *query;

    next.after = name;
    set_name(&broker->walk.asked, name);
    ask_for_page(broker, &next);
}

/* The page, and the one after it on its way. */
static int finish_page(struct broker_client *broker, const struct broker_list_query *query,
        int *ret_status, struct buffer *page) {
    static const struct http_request plain = {.method = "GET"};
    json_auto_t *tail = NULL;
    const char *next;

    set_name(&broker->walk.asked, NULL);
    broker->broken = http_finish(broker->http, ret_status, page) < 0;
    if (broker->broken) {
        return broker_say_broken(broker, &plain);
    }
    tail = *ret_status == 200 ? find_next(page) : NULL;
    next = json_string_value(json_object_get(tail, "next"));
    if (next != NULL) {
        ask_after(broker, query, next);
    }
    return GK_EXIT_DONE;
}

int broker_list_finish(struct broker_client *broker, const struct broker_list_query *query,
        struct broker_answer *ret_answer) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int status = 0;
    int error = finish_page(broker, query, &status, &answer.body);

    return error != 0 ? error : broker_understand(status, &answer, ret_answer);
}

int broker_list_finish_page(struct broker_client *broker, const struct broker_list_query *query,
        struct buffer *ret_page) {
    int status = 0;
    int error = finish_page(broker, query, &status, ret_page);

    if (error == 0 && status != 200) {
        error = broker_refused(status, ret_page);
    }
    return error;
}

int broker_list_go_on(struct broker_client *broker, const struct broker_list_query *query,
        const char *next, size_t count) {
    struct broker_walk *walk = &broker->walk;

    if (next == NULL) {
        return walk->asked == NULL ? GK_EXIT_DONE
                                   : broker_answer_misunderstood("two members 'next'");
    }
    if (walk->after != NULL && strcmp(next, walk->after) <= 0) {
        output_error(
                "the daemon at %s lists its secrets without end: the page after '%s' says that "
                "the next one begins after '%s'",
                broker->shown, walk->after, next);
        return GK_EXIT_FAILED;
    }
    walk->count += count + 1;
    if (walk->count > walk->count_most) {
        output_error(
                "the daemon at %s lists its secrets without end: it has listed many more than it "
                "has by its own count",
                broker->shown);
        return GK_EXIT_FAILED;
    }
    set_name(&walk->after, next);
    if (walk->asked == NULL) {
        ask_after(broker, query, next);
    }
    return strcmp(walk->asked, next) == 0 ? GK_EXIT_DONE
                                          : broker_answer_misunderstood("two members 'next'");
}

int broker_count(struct broker_client *broker, json_int_t *ret_seq, size_t *ret_secrets) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const json_t *seq;
    const json_t *secrets;
    int error = broker_status(broker, &answer);

    if (error != 0) {
        return error;
    }
    seq = json_object_get(answer.document, "last_event");
    secrets = json_object_get(answer.document, "secrets");
    if (!json_is_integer(seq) || json_integer_value(seq) < 0 || !json_is_integer(secrets) ||
            json_integer_value(secrets) < 0) {
        return broker_answer_misunderstood("a status has 'last_event' and 'secrets'");
    }
    *ret_seq = json_integer_value(seq);
    *ret_secrets = (size_t)json_integer_value(secrets);
    return GK_EXIT_DONE;
}

/* Whether one of the events is of such a name, or is not the one behind *seq, which moves on. */
static bool has_event(const json_t *events, const char *prefix, json_int_t *seq) {
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        const char *name = json_string_value(json_object_get(event, "name"));

        *seq += 1;
        if (json_integer_value(json_object_get(event, "seq")) != *seq || name == NULL ||
                prefix == NULL || strncmp(name, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

int broker_has_changed(
        struct broker_client *broker, json_int_t since, const char *prefix, bool *ret_changed) {
    bool changed = false;
    size_t count = GK_PAGE_MAX;

    for (size_t pages = 0; count == GK_PAGE_MAX && !changed; pages++) {
        BUFFER_AUTO struct buffer after = BUFFER_NULL;
        BROKER_ANSWER_AUTO struct broker_answer page = {0};
        int error;

        buffer_printf(&after, "%lld", (long long)since);
        error = broker_events(broker, buffer_string(&after), &page);
        if (error != 0) {
            return error;
        }
        count = json_array_size(json_object_get(page.document, "events"));
        changed = has_event(json_object_get(page.document, "events"), prefix, &since) ||
                  pages == EVENT_PAGES_MAX; /* more are not looked at */
    }
    *ret_changed = changed;
    return GK_EXIT_DONE;
}

void broker_warn_changed(void) {
    output_warning("the secrets changed while they were read; each page is as it was when it was "
                   "read");
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

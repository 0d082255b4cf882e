#include "wire/secret_list.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/progress.h"

#define ATTEMPTS_MAX 3 /* readings of a list that changes meanwhile */
#define NEXT_MAX_BYTES (GK_NAME_MAX_BYTES + 32)
#define EVENT_PAGES_MAX 20

/* A list may grow while it is read, by so many secrets and pages. */
#define LIST_MORE_COUNT 10000
#define LIST_MAX_COUNT ((size_t)1000 * 1000 * 1000)

/* One reading of a list. The next page is asked for while the last one is being read. */
struct walk {
    struct broker_client *broker;
    const struct secret_query *query;
    const struct secret_list_reader *reader;
    char *after;       /* the name after which the current page begins; NULL: it is the first */
    char *asked;       /* the same of the page that has been asked for; NULL: none has been */
    size_t page_count; /* pages that were read */
    size_t secret_count;
    size_t count_most; /* of secrets and pages: a list with more never ends */
};

static void walk_deinit(struct walk *walk) {
    free(walk->after);
    free(walk->asked);
}
#define WALK_AUTO GK_CLEANUP(walk_deinit)

static void set_name(char **place, const char *name) {
    free(*place);
    *place = name != NULL ? heap_duplicate(name, strlen(name)) : NULL;
}

static void append_parameter(struct buffer *path, const char *name, const char *value) {
    if (value != NULL) {
        buffer_printf(path, "&%s=", name);
        secret_name_append_url(path, value);
    }
}

static void ask_for_page(const struct walk *walk, const char *after) {
    const struct secret_query *query = walk->query;
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    buffer_printf(&path, "%s?limit=%d&expired=%s", GK_ROUTE_SECRETS,
            query->limit > 0 ? query->limit : GK_PAGE_MAX, query->expired);
    if (query->values) {
        buffer_append_text(&path, "&values=true");
    }
    if (query->prefix != NULL && query->prefix[0] != '\0') {
        append_parameter(&path, "prefix", query->prefix);
    }
    append_parameter(&path, "deleted", query->deleted);
    append_parameter(&path, "label", query->label);
    append_parameter(&path, "after", after);
    broker_page_begin(walk->broker, buffer_string(&path), after != NULL);
}

static void ask_for_next(struct walk *walk, const char *after) {
    set_name(&walk->asked, after);
    ask_for_page(walk, after);
}

/*
 * Where the page after this one begins, from its last bytes: `,"next":"NAME"}`. NULL if these bytes
 * do not show it: then the page is decoded first. The last member of that name counts, since a
 * label may have that name, too.
 */
static json_t *find_next(const struct buffer *page) {
    static const char member[] = ",\"next\":";
    size_t tail = page->len < NEXT_MAX_BYTES ? page->len : NEXT_MAX_BYTES;
    const char *end = buffer_string(page) + page->len;
    const char *at = end - tail;
    const char *found = NULL;
    BUFFER_AUTO struct buffer alone = BUFFER_NULL;

    while ((at = memmem(at, (size_t)(end - at), member, strlen(member))) != NULL) {
        found = at++;
    }
    if (found == NULL) {
        return NULL;
    }
    buffer_append_byte(&alone, '{');
    buffer_append(&alone, found + 1, (size_t)(end - found) - 1);
    return json_loadb(alone.data, alone.len, 0, NULL);
}

/* Reads the page as JSON and gives its views to the reader. */
static int take_views(const struct walk *walk, struct broker_answer *answer, size_t *ret_count,
        const char **ret_next) {
    GK_AUTO_FREE struct secret_view *views = NULL;
    struct secret_list_page page = {.answer = answer, .is_first = walk->page_count == 0};
    const json_t *next;
    json_t *secrets;
    json_t *secret;
    size_t index;
    int error = broker_answer_read(answer);

    if (error != 0) {
        return error;
    }
    secrets = json_object_get(answer->document, "secrets");
    next = json_object_get(answer->document, "next");
    if (!json_is_array(secrets) || (!json_is_string(next) && !json_is_null(next))) {
        return broker_answer_misunderstood("no 'secrets' or no 'next' in a page");
    }
    views = heap_resize(NULL, json_array_size(secrets) + 1, sizeof(*views));
    json_array_foreach(secrets, index, secret) {
        error = secret_view_read(secret, &views[index]);
        if (error != 0) {
            return error;
        }
    }
    page.views = views;
    page.count = json_array_size(secrets);
    page.is_last = json_is_null(next);
    *ret_count = page.count;
    *ret_next = json_string_value(next);
    return walk->reader->take(walk->reader->userdata, &page);
}

/* Checks that the next page begins behind this one, and asks for it if that was not done. */
static int go_on(struct walk *walk, const char *next) {
    if (next == NULL) {
        return walk->asked == NULL ? 0 : broker_answer_misunderstood("two members 'next'");
    }
    if (walk->after != NULL && strcmp(next, walk->after) <= 0) {
        output_error(
                "the daemon at %s lists its secrets without end: the page after '%s' says that "
                "the next one begins after '%s'",
                broker_client_shown(walk->broker), walk->after, next);
        return GK_EXIT_FAILED;
    }
    if (walk->secret_count + walk->page_count > walk->count_most) {
        output_error(
                "the daemon at %s lists its secrets without end: it has listed many more than it "
                "has by its own count",
                broker_client_shown(walk->broker));
        return GK_EXIT_FAILED;
    }
    set_name(&walk->after, next);
    if (walk->asked == NULL) {
        ask_for_next(walk, next);
    }
    return strcmp(walk->asked, next) == 0 ? 0 : broker_answer_misunderstood("two members 'next'");
}

/* Reads one page. *ret_is_last: the list ends with it. */
static int read_page(struct walk *walk, bool *ret_is_last) {
    const struct secret_list_reader *reader = walk->reader;
    BROKER_ANSWER_AUTO struct broker_answer page = {0};
    json_auto_t *tail = NULL;
    const char *next;
    size_t count = 0;
    int error = broker_page_finish(walk->broker, &page.body);

    if (error != 0) {
        return error;
    }
    set_name(&walk->asked, NULL);
    tail = find_next(&page.body);
    next = json_string_value(json_object_get(tail, "next"));
    if (next != NULL) {
        ask_for_next(walk, next);
    }
    next = NULL;
    error = reader->take_bytes != NULL
                    ? reader->take_bytes(reader->userdata, &page.body, &count, &next)
                    : take_views(walk, &page, &count, &next);
    if (error != 0) {
        return error;
    }
    walk->page_count++;
    walk->secret_count += count;
    *ret_is_last = next == NULL;
    return go_on(walk, next);
}

static int read_pages(struct walk *walk) {
    bool is_last = false;

    ask_for_page(walk, NULL);
    while (!is_last) {
        int error = read_page(walk, &is_last);

        if (error != 0) {
            progress_clear();
            return error;
        }
        progress_show("reading", walk->secret_count, 0);
    }
    progress_clear();
    return 0;
}

/* Whether an event has a name with the prefix, or a number that does not follow. Raises *seq. */
static bool has_event(const json_t *events, const char *prefix, json_int_t *seq) {
    const json_t *event;
    size_t index;

    json_array_foreach(events, index, event) {
        const char *name = json_string_value(json_object_get(event, "name"));

        *seq += 1;
        if (json_integer_value(json_object_get(event, "seq")) != *seq || name == NULL ||
                prefix == NULL || strncmp(name, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a secret whose name begins with `prefix` (NULL: any) has had an event since that one. */
static int find_change(
        struct broker_client *broker, json_int_t since, const char *prefix, bool *ret_changed) {
    for (int pages = 0; pages < EVENT_PAGES_MAX; pages++) {
        BUFFER_AUTO struct buffer after = BUFFER_NULL;
        BROKER_ANSWER_AUTO struct broker_answer page = {0};
        const json_t *events;
        int error;

        buffer_printf(&after, "%lld", (long long)since);
        error = broker_events(broker, buffer_string(&after), &page);
        if (error != 0) {
            return error;
        }
        events = json_object_get(page.document, "events");
        *ret_changed = has_event(events, prefix, &since);
        if (*ret_changed || json_array_size(events) < GK_PAGE_MAX) {
            return 0;
        }
    }
    *ret_changed = true; /* too many events to look through */
    return 0;
}

/* One reading of the whole list. *ret_changed: its pages are not of one moment. */
static int read_once(struct broker_client *broker, const struct secret_query *query,
        const struct secret_list_reader *reader, bool *ret_changed) {
    WALK_AUTO struct walk walk = {.broker = broker, .query = query, .reader = reader};
    json_int_t before = 0;
    size_t secrets = 0;
    int error = broker_count(broker, &before, &secrets);

    if (error != 0) {
        return error;
    }
    /* The status does not count the secrets without a value. */
    walk.count_most = query->deleted != NULL || secrets > LIST_MAX_COUNT / 2
                              ? LIST_MAX_COUNT
                              : 2 * secrets + LIST_MORE_COUNT;
    error = read_pages(&walk);
    if (error != 0) {
        return error;
    }
    if (walk.page_count == 1) {
        *ret_changed = false;
        return 0;
    }
    return find_change(broker, before, query->prefix, ret_changed);
}

int secret_list_read(struct broker_client *broker, const struct secret_query *query,
        const struct secret_list_reader *reader) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        bool changed = true;
        int error;

        if (reader->begin != NULL && !reader->begin(reader->userdata)) {
            break;
        }
        error = read_once(broker, query, reader, &changed);
        if (error != 0 || !changed) {
            return error;
        }
    }
    output_warning("the secrets changed while they were read; each page is as it was when it was "
                   "read");
    return 0;
}

int secret_list_read_first(struct broker_client *broker, const struct secret_query *query,
        const struct secret_list_reader *reader, bool *ret_is_all) {
    const struct walk walk = {.broker = broker, .query = query, .reader = reader};
    BROKER_ANSWER_AUTO struct broker_answer page = {0};
    const char *next = NULL;
    size_t count = 0;
    int error;

    ask_for_page(&walk, NULL);
    error = broker_page_finish(broker, &page.body);
    if (error != 0) {
        return error;
    }
    error = take_views(&walk, &page, &count, &next);
    *ret_is_all = next == NULL;
    return error;
}

#include "api/aws/list.h"

#include "api/aws/daily.h"
#include "api/aws/filter.h"
#include "broker/own.h"
#include "broker/staging.h"
#include "common/base64.h"
#include "common/json_writer.h"
#include "http/request_text.h"

/* What a secret is sorted by, and its name in page->paths. */
struct item {
    int64_t key;
    size_t path_at;
    size_t path_len;
};

enum sort {
    SORT_CREATED,
    SORT_ACCESSED,
    SORT_CHANGED,
    SORT_NAME,
};

struct collecting {
    struct call *call;
    struct page *page;
    enum sort sort;
    bool is_descending;
    bool has_after; /* the page begins behind this one */
    int64_t after_key;
    struct span after_path;
    int error;
};

void page_deinit(struct page *page) {
    buffer_deinit(&page->items);
    buffer_deinit(&page->paths);
}

static const struct item *item_at(const struct page *page, size_t at) {
    return (const struct item *)(const void *)page->items.data + at;
}

static struct span path_of(const struct page *page, const struct item *item) {
    return (struct span){page->paths.data + item->path_at, item->path_len};
}

struct span page_path(const struct page *page, size_t at) {
    return path_of(page, item_at(page, at));
}

static int order_of(const struct collecting *collecting, int64_t key, struct span path,
        int64_t other_key, struct span other_path) {
    int order = (key > other_key) - (key < other_key);

    order = order != 0 ? order : span_compare(path, other_path);
    return collecting->is_descending ? -order : order;
}

static int compare_items(const void *one, const void *other, void *userdata) {
    const struct collecting *collecting = userdata;
    const struct item *a = one;
    const struct item *b = other;

    return order_of(
            collecting, a->key, path_of(collecting->page, a), b->key, path_of(collecting->page, b));
}

static int64_t key_of(const struct collecting *collecting, const struct target *target) {
    switch (collecting->sort) {
    case SORT_ACCESSED:
        return daily_find(collecting->call->broker, target->name, target->born_after, 0);
    case SORT_CHANGED:
        return target->secret.updated_at;
    case SORT_NAME:
        return 0;
    default:
        return target->secret.created_at;
    }
}

/* Takes the secret, if it is wanted and behind the last page. */
static void collect(struct collecting *collecting, const struct target *target) {
    struct page *page = collecting->page;
    struct item item = {.path_at = page->paths.len, .path_len = target->path.len};

    if ((target->secret.is_deleted && !page->with_deleted) ||
            !filters_match(collecting->call, target)) {
        return;
    }
    item.key = key_of(collecting, target);
    if (collecting->has_after && order_of(collecting, item.key, target->path, collecting->after_key,
                                         collecting->after_path) <= 0) {
        return;
    }
    buffer_append_span(&page->paths, target->path);
    buffer_append(&page->items, &item, sizeof(item));
    page->count += 1;
}

static bool on_secret(void *userdata, const struct secret *secret) {
    struct collecting *collecting = userdata;
    const struct ask *ask = ask_of(collecting->call);
    struct target target = {.region = ask->region, .name = secret->name, .secret = *secret};

    if (!path_of_secret(ask->region, ask->home, secret->name, target.path_place, &target.path)) {
        return true;
    }
    target.born_after = broker_born_after(collecting->call->broker, secret->name);
    collect(collecting, &target);
    return true;
}

/* An entry of the replicas in this region; one whose primary is gone is not found. */
static int on_replica(void *userdata, struct span key, struct span bytes) {
    struct collecting *collecting = userdata;
    struct span path = key;
    struct target target;
    int error;

    (void)span_take_until(&path, '/');
    error = target_find_path(collecting->call, ask_of(collecting->call)->region, path, &target);
    collecting->call->problem = PROBLEM_NULL;
    if (error != 0) {
        return error < 0 ? error : 0;
    }
    if (target.primary.data != NULL) {
        collect(collecting, &target);
    }
    return 0;
}

static int collect_all(struct collecting *collecting) {
    const struct ask *ask = ask_of(collecting->call);
    struct listing listing = {.limit = SIZE_MAX};
    char prefix[sizeof("aws./") + REGION_MAX_BYTES];
    struct span replicas = {prefix + strlen("aws."), ask->region.len + 1};
    bool has_more;
    int error;

    memcpy(prefix, "aws.", strlen("aws."));
    memcpy(prefix + strlen("aws."), ask->region.data, ask->region.len);
    prefix[strlen("aws.") + ask->region.len] = '/';
    if (!span_equals(ask->region, ask->home)) {
        listing.prefix = (struct span){prefix, strlen("aws.") + replicas.len};
    }
    error = broker_list(collecting->call->broker, &listing, on_secret, collecting, &has_more);
    if (error != 0) {
        return error;
    }
    return broker_own_walk(collecting->call->broker, OWNER_AWS, replicas, on_replica, collecting);
}

static int refuse_choice(struct call *call, struct span value, const char *path, const char *set) {
    return refuse_with(&call->problem, AWS_VALIDATION,
            "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member "
            "must satisfy enum value set: [%s]",
            shown_utf8(value).text, path, set);
}

static int take_order(struct collecting *collecting) {
    static const char *const sorts[] = {
            "created-date", "last-accessed-date", "last-changed-date", "name"};
    const struct arguments *arguments = arguments_of(collecting->call);
    struct span by = text_of(arguments, MEMBER_SORT_BY);
    struct span order = text_of(arguments, MEMBER_SORT_ORDER);

    collecting->is_descending = order.data != NULL && span_is(order, "desc");
    if (order.data != NULL && !collecting->is_descending && !span_is(order, "asc")) {
        return refuse_choice(collecting->call, order, "sortOrder", "asc, desc");
    }
    for (size_t at = 0; by.data != NULL && at < sizeof(sorts) / sizeof(sorts[0]); at++) {
        if (span_is(by, sorts[at])) {
            collecting->sort = (enum sort)at;
            return 0;
        }
    }
    return by.data == NULL ? 0
                           : refuse_choice(collecting->call, by, "sortBy",
                                     "created-date, last-accessed-date, last-changed-date, name");
}

/* A token is the key and the name of the last secret of a page: base64 of `KEY/NAME`. */
static int take_token(struct collecting *collecting, struct buffer *bytes) {
    struct span token = text_of(arguments_of(collecting->call), MEMBER_NEXT_TOKEN);
    unsigned long long key;
    struct span rest;
    bool is_before_1970;

    if (token.data == NULL) {
        return 0;
    }
    if (base64_decode(token, bytes) != 0) {
        return refuse_with(&collecting->call->problem, AWS_INVALID_TOKEN, "Invalid NextToken.");
    }
    rest = buffer_span(bytes);
    is_before_1970 = rest.len > 0 && rest.data[0] == '-';
    rest = (struct span){rest.data + is_before_1970, rest.len - is_before_1970};
    if (decimal_parse(span_take_until(&rest, '/'), &key) != 0 || key > INT64_MAX ||
            rest.data == NULL) {
        return refuse_with(&collecting->call->problem, AWS_INVALID_TOKEN, "Invalid NextToken.");
    }
    collecting->has_after = true;
    collecting->after_key = is_before_1970 ? (int64_t)(0 - (uint64_t)key) : (int64_t)key;
    collecting->after_path = rest;
    return 0;
}

int page_read(struct call *call, struct page *page) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct collecting collecting = {.call = call, .page = page};
    int error = filters_check(call);

    if (error != 0) {
        return error;
    }
    error = take_order(&collecting);
    if (error != 0) {
        return error;
    }
    error = take_token(&collecting, &bytes);
    if (error != 0) {
        return error;
    }
    error = collect_all(&collecting);
    if (error != 0) {
        return error;
    }
    if (buffer_finish(&page->items) != 0 || buffer_finish(&page->paths) != 0) {
        return -ENOMEM;
    }
    if (page->count > 1) {
        qsort_r(page->items.data, page->count, sizeof(struct item), compare_items, &collecting);
    }
    page->has_more = page->count > page->limit;
    page->count = page->has_more ? page->limit : page->count;
    return 0;
}

void append_next_token(struct buffer *buffer, const struct page *page) {
    BUFFER_AUTO struct buffer token = BUFFER_NULL;
    const struct item *last;

    if (!page->has_more) {
        return;
    }
    last = item_at(page, page->count - 1);
    buffer_printf(&token, "%lld/", (long long)last->key);
    buffer_append_span(&token, path_of(page, last));
    buffer_append_literal(buffer, ",\"NextToken\":");
    json_write_base64(buffer, buffer_span(&token));
}

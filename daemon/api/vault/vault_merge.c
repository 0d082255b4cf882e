/*
 * Merge patches (RFC 7396) of JSON that stays text: what a patch does not name keeps its order, its
 * numbers and its escapes. Of members with the same name the last one counts.
 */
#include <stdlib.h>

#include "api/vault/vault_value.h"
#include "common/json_reader.h"

struct item {
    struct span name;     /* decoded */
    struct span raw_name; /* as it was sent */
    struct span value;
    size_t number;          /* its place in the object */
    bool is_dropped;        /* another member of that name follows */
    const struct item *new; /* in the target: what the patch says of it, or NULL */
    bool is_used;           /* in the patch: the target has a member of that name */
};

struct items {
    struct item *all;
    size_t count;
    size_t capacity;
    struct buffer names;
};

#define ITEMS_NULL ((struct items){0})
#define ITEMS_AUTO GK_CLEANUP(items_deinit)

static void items_deinit(struct items *items) {
    free(items->all); /* only spans */
    buffer_deinit(&items->names);
}

static bool is_object(struct span value) {
    return value.len > 0 && value.data[0] == '{';
}

static int add(struct items *items, const struct item *item) {
    if (items->count == items->capacity) {
        size_t capacity = items->capacity == 0 ? 16 : 2 * items->capacity;
        struct item *all = reallocarray(items->all, capacity, sizeof(*all));

        if (all == NULL) {
            return -ENOMEM;
        }
        items->all = all;
        items->capacity = capacity;
    }
    items->all[items->count++] = *item;
    return 0;
}

static int by_name(const void *a, const void *b) {
    const struct item *left = a;
    const struct item *right = b;
    int order = span_compare(left->name, right->name);

    return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

static int by_number(const void *a, const void *b) {
    const struct item *left = a;
    const struct item *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

static void sort(struct items *items, int (*compare)(const void *a, const void *b)) {
    if (items->count > 1) {
        qsort(items->all, items->count, sizeof(*items->all), compare);
    }
}

/* The members of an object, sorted by name. */
static int collect(struct span object, struct items *items) {
    struct json_reader reader = json_reader_of(object);
    struct json_reader_value name;

    if (object.len == 0) {
        return 0;
    }
    if (buffer_reserve(&items->names, object.len) == NULL) { /* the names will not move */
        return -ENOMEM;
    }
    (void)json_reader_take(&reader, '{');
    while (json_reader_member(&reader, items->count == 0, &name)) {
        char *place = buffer_reserve(&items->names, name.raw.len);
        struct json_reader_value value = json_reader_next(&reader);
        struct item item = {.raw_name = name.raw, .value = value.raw, .number = items->count};
        size_t len = 0;
        int error;

        if (name.raw.len > 0) {
            (void)json_reader_decode(&name, place, &len); /* half a surrogate pair compares, too */
            buffer_commit(&items->names, len);
        }
        item.name = (struct span){place, len};
        if (value.kind == JSON_READER_TEXT) { /* with its quotes */
            item.value = (struct span){value.raw.data - 1, value.raw.len + 2};
        }
        error = add(items, &item);
        if (error != 0) {
            return error;
        }
    }
    sort(items, by_name);
    for (size_t at = 0; at + 1 < items->count; at++) {
        items->all[at].is_dropped = span_equals(items->all[at].name, items->all[at + 1].name);
    }
    return 0;
}

/* Tells each member of the target what the patch says of it. Both are sorted by name. */
static void join(struct items *target, struct items *patch) {
    size_t at = 0;

    for (size_t i = 0; i < patch->count; i++) {
        struct item *item = &patch->all[i];

        while (at < target->count && span_compare(target->all[at].name, item->name) < 0) {
            at += 1;
        }
        for (size_t same = at;
                same < target->count && span_equals(target->all[same].name, item->name); same++) {
            target->all[same].new = item; /* the last one of that name stays */
            item->is_used = true;
        }
    }
}

static int merge(struct span target, struct span patch, struct buffer *buffer);

/* Appends a member with what the patch makes of its value; data NULL: it had none. */
static int append_patched(struct buffer *buffer, char *separator, struct span raw_name,
        struct span old, struct span new) {
    if (span_is(new, "null")) {
        return 0;
    }
    buffer_append_byte(buffer, *separator);
    buffer_append_literal(buffer, "\"");
    buffer_append_span(buffer, raw_name);
    buffer_append_literal(buffer, "\":");
    *separator = ',';
    if (is_object(new)) {
        return merge(is_object(old) ? old : SPAN_NULL, new, buffer);
    }
    buffer_append_span(buffer, new);
    return 0;
}

static void append_kept(struct buffer *buffer, char *separator, const struct item *item) {
    buffer_append_byte(buffer, *separator);
    buffer_append_literal(buffer, "\"");
    buffer_append_span(buffer, item->raw_name);
    buffer_append_literal(buffer, "\":");
    buffer_append_span(buffer, item->value);
    *separator = ',';
}

static int merge(struct span target, struct span patch, struct buffer *buffer) {
    ITEMS_AUTO struct items old = ITEMS_NULL;
    ITEMS_AUTO struct items new = ITEMS_NULL;
    char separator = '{';
    int error = collect(target, &old);

    if (error != 0) {
        return error;
    }
    error = collect(patch, &new);
    if (error != 0) {
        return error;
    }
    join(&old, &new);
    sort(&old, by_number);
    for (size_t at = 0; at < old.count; at++) {
        const struct item *item = &old.all[at];

        if (item->is_dropped) {
            continue;
        }
        if (item->new == NULL) {
            append_kept(buffer, &separator, item);
            continue;
        }
        error = append_patched(buffer, &separator, item->raw_name, item->value, item->new->value);
        if (error != 0) {
            return error;
        }
    }
    sort(&new, by_number); /* nothing points into it any more */
    for (size_t at = 0; at < new.count; at++) {
        const struct item *item = &new.all[at];

        if (item->is_dropped || item->is_used) {
            continue;
        }
        error = append_patched(buffer, &separator, item->raw_name, SPAN_NULL, item->value);
        if (error != 0) {
            return error;
        }
    }
    buffer_append_text(buffer, separator == '{' ? "{}" : "}");
    return 0;
}

int vault_merge(struct span target, struct span patch, struct buffer *buffer) {
    int error = merge(target, patch, buffer);

    return error != 0 ? error : buffer_finish(buffer);
}

#include "api/ghostkey/document_part.h"

#include <errno.h>

#include "api/ghostkey/request_json.h"
#include "common/json_writer.h"

void document_part_deinit(struct document_part *part) {
    buffer_deinit(&part->entries);
}

/* Of equal names the one that comes first in the text is first. */
static int compare_entries(const void *one, const void *other) {
    const struct document_entry *a = one;
    const struct document_entry *b = other;
    int order = span_compare(a->name, b->name);

    return order != 0 ? order : (a->value.raw.data > b->value.raw.data) ? 1 : -1;
}

static int compare_places(const void *one, const void *other) {
    const struct document_entry *a = *(const struct document_entry *const *)one;
    const struct document_entry *b = *(const struct document_entry *const *)other;

    return (a->value.raw.data > b->value.raw.data) - (a->value.raw.data < b->value.raw.data);
}

static void sort_part(struct document_part *part) {
    struct document_entry *entries = document_part_entries(part);

    if (part->count > 1) {
        qsort(entries, part->count, sizeof(*entries), compare_entries);
    }
    for (size_t at = 1; at < part->count; at++) {
        entries[at].is_repeated = span_equals(entries[at - 1].name, entries[at].name);
    }
}

/* The member's value is the next entry of the part. Its own texts are decoded when it is used. */
static int add_entry(struct body *body, struct json_reader *reader, struct json_reader_value name,
        struct document_part *part) {
    struct document_entry entry = {.value = json_reader_next(reader)};
    int error;

    if (reader->is_broken) {
        return 0;
    }
    error = body_decode_text(body, &name);
    if (error != 0) {
        return error;
    }
    entry.name = name.raw;
    buffer_append(&part->entries, &entry, sizeof(entry));
    part->count += 1;
    return buffer_finish(&part->entries);
}

int document_part_read(struct body *body, const char *name, const struct json_reader_value *value,
        struct document_part *part) {
    struct json_reader reader = json_reader_of(value->raw);
    struct json_reader_value member;

    if (part->is_given) {
        return problem_set(
                body->problem, GK_E_BAD_REQUEST, "member '%s' is given more than once", name);
    }
    if (!is_object(value)) {
        return problem_set(body->problem, GK_E_BAD_REQUEST,
                "member '%s' must be an object, such as {\"NAME\":{…}}", name);
    }
    part->is_given = true;
    json_reader_expect(&reader, '{');
    for (bool is_first = true; json_reader_member(&reader, is_first, &member); is_first = false) {
        int error = add_entry(body, &reader, member, part);

        if (error != 0) {
            return error;
        }
    }
    sort_part(part);
    return 0;
}

int document_part_in_place(
        const struct document_part *part, const struct document_entry ***ret_places) {
    const struct document_entry **places;

    *ret_places = NULL;
    if (part->count == 0) {
        return 0;
    }
    places = calloc(part->count, sizeof(places[0]));
    if (places == NULL) {
        return -ENOMEM;
    }
    for (size_t at = 0; at < part->count; at++) {
        places[at] = &document_part_entries(part)[at];
    }
    qsort(places, part->count, sizeof(places[0]), compare_places);
    *ret_places = places;
    return 0;
}

static int compare_name(const void *name, const void *entry) {
    return span_compare(*(const struct span *)name, ((const struct document_entry *)entry)->name);
}

bool document_part_names(const void *part, struct span name) {
    const struct document_part *given = part;
    const struct document_entry *entries = document_part_entries(given);

    return given->count > 0 &&
           bsearch(&name, entries, given->count, sizeof(*entries), compare_name) != NULL;
}

void document_lists_deinit(struct document_lists *lists) {
    buffer_deinit(&lists->made);
    buffer_deinit(&lists->changed);
    buffer_deinit(&lists->deleted);
}

int document_lists_finish(struct document_lists *lists) {
    int error = buffer_finish(&lists->made);

    if (error != 0) {
        return error;
    }
    error = buffer_finish(&lists->changed);
    return error != 0 ? error : buffer_finish(&lists->deleted);
}

void document_list_add(struct buffer *list, struct span name) {
    buffer_append_text(list, list->len > 0 ? "," : "");
    json_write_text(list, name);
}

void document_lists_add_deleted(void *lists, struct span name) {
    document_list_add(&((struct document_lists *)lists)->deleted, name);
}

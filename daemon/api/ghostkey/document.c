#include "api/ghostkey/document.h"

#include "api/ghostkey/request_json.h"
#include "broker/apply.h"
#include "broker/broker.h"
#include "common/json_writer.h"
#include "common/name.h"
#include "http/request_text.h"
#include <errno.h>

static struct document_entry *entries_of(const struct document_part *part) {
    return (struct document_entry *)part->entries.data;
}

void document_deinit(struct document *document) {
    buffer_deinit(&document->names);
    buffer_deinit(&document->secrets.entries);
}

void document_changes_deinit(struct document_changes *changes) {
    buffer_deinit(&changes->made);
    buffer_deinit(&changes->changed);
    buffer_deinit(&changes->deleted);
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
    struct document_entry *entries = entries_of(part);

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

static int read_part(struct body *body, const char *name, const struct json_reader_value *value,
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

static int read_member(struct body *body, const struct member *member, struct document *document) {
    if (span_is(member->name, "secrets")) {
        return read_part(body, "secrets", &member->value, &document->secrets);
    }
    return problem_set(body->problem, GK_E_BAD_REQUEST, "unknown member '%s'; there is secrets",
            shown_utf8(member->name).text);
}

int document_read(struct span text, struct document *ret_document, struct problem *problem) {
    DOCUMENT_AUTO struct document document = {.text = text};
    struct body body = {.text = text, .bytes = &document.names, .problem = problem};
    struct json_reader reader;
    struct member member;
    bool found = true;
    int error = body_begin(&body, &reader);

    for (bool is_first = true; error == 0 && found; is_first = false) {
        error = body_next_member(&body, &reader, is_first, &member, &found);
        if (error == 0 && found) {
            error = read_member(&body, &member, &document);
        }
    }
    if (error != 0) {
        return error;
    }
    error = body_close(&body, &reader);
    if (error != 0) {
        return error;
    }
    *ret_document = document;
    document = DOCUMENT_NULL; /* handed over */
    return 0;
}

/* Reads one definition. The mistakes in it are added; false: it has some, or there is no memory. */
static bool read_definition(struct body *body, const struct document_entry *entry,
        size_t value_max_bytes, struct mistakes *mistakes, struct definition *definition,
        int *ret_error) {
    struct reading reading = {.body = *body,
            .definition = definition,
            .value_max_bytes = value_max_bytes,
            .mistakes = mistakes,
            .name = entry->name};
    size_t count = mistakes->count;

    reading.body.part_len = entry->value.raw.len;
    *ret_error = request_read_wanted(&reading, &entry->value);
    body->seen = reading.body.seen;
    body->line = reading.body.line;
    body->line_start = reading.body.line_start;
    definition->name = entry->name;
    return *ret_error == 0 && mistakes->count == count;
}

/* Checks one secret. broker NULL: against a broker without secrets. A negative errno. */
static int check_entry(struct body *body, const struct document_entry *entry, struct broker *broker,
        size_t value_max_bytes, struct mistakes *mistakes) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    const char *fault = name_fault(entry->name);
    enum agreement agreement;
    struct definition definition;
    int error;

    *body->problem = PROBLEM_NULL;
    if (fault != NULL) {
        mistakes_add(mistakes, "secret", entry->name,
                problem_set(body->problem, GK_E_BAD_REQUEST, "the name %s", fault), body->problem);
        return 0;
    }
    if (entry->is_repeated) {
        mistakes_add(mistakes, "secret", entry->name,
                problem_set(body->problem, GK_E_BAD_REQUEST, "it is given more than once"),
                body->problem);
        return 0;
    }
    body->bytes = &bytes;
    if (!read_definition(body, entry, value_max_bytes, mistakes, &definition, &error)) {
        return error;
    }
    *body->problem = PROBLEM_NULL;
    error = broker != NULL ? broker_agree(broker, &definition, true, &agreement, body->problem)
                           : definition_check_new(&definition, value_max_bytes, body->problem);
    if (error > 0) {
        mistakes_add(mistakes, "secret", entry->name, error, body->problem);
    }
    return error < 0 ? error : 0;
}

/* Checks the entries in the order in which the text has them, so that its author finds them. */
static int check(const struct document *document, struct broker *broker, size_t value_max_bytes,
        struct mistakes *mistakes) {
    const struct document_part *part = &document->secrets;
    GK_AUTO_FREE const struct document_entry **places = NULL;
    struct problem problem = PROBLEM_NULL;
    struct body body = {.text = document->text, .problem = &problem};

    if (part->count == 0) {
        return 0;
    }
    places = calloc(part->count, sizeof(places[0]));
    if (places == NULL) {
        return -ENOMEM;
    }
    for (size_t at = 0; at < part->count; at++) {
        places[at] = &entries_of(part)[at];
    }
    qsort(places, part->count, sizeof(places[0]), compare_places);
    for (size_t at = 0; at < part->count; at++) {
        int error = check_entry(&body, places[at], broker, value_max_bytes, mistakes);

        if (error != 0) {
            return error;
        }
    }
    return mistakes_finish(mistakes);
}

int document_check(
        const struct document *document, size_t value_max_bytes, struct mistakes *mistakes) {
    return check(document, NULL, value_max_bytes, mistakes);
}

static void add_name(struct buffer *list, struct span name) {
    buffer_append_text(list, list->len > 0 ? "," : "");
    json_write_text(list, name);
}

static void on_deleted(void *userdata, struct span name) {
    struct document_changes *changes = userdata;

    add_name(&changes->deleted, name);
}

/* Makes one secret agree. All of the document has been checked. */
static int apply_entry(struct body *body, const struct document_entry *entry, struct broker *broker,
        bool is_dry, struct document_changes *changes) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    MISTAKES_AUTO struct mistakes none = MISTAKES_NULL;
    struct definition definition;
    enum agreement agreement = AGREES_ALREADY;
    int error;

    body->bytes = &bytes;
    if (!read_definition(body, entry, broker_value_max_bytes(broker), &none, &definition, &error)) {
        return error != 0 ? error : -EBADMSG;
    }
    error = broker_agree(broker, &definition, is_dry, &agreement, body->problem);
    if (error != 0) {
        return error;
    }
    if (agreement != AGREES_ALREADY) {
        add_name(agreement == AGREES_ONCE_MADE ? &changes->made : &changes->changed, entry->name);
    }
    return 0;
}

static bool is_named(const void *userdata, struct span name) {
    const struct document *document = userdata;
    const struct document_entry wanted = {.name = name};
    const struct document_entry *entries = entries_of(&document->secrets);
    size_t low = 0;
    size_t high = document->secrets.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(entries[middle].name, wanted.name);

        if (order == 0) {
            return true;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

static int apply(const struct document *document, struct broker *broker,
        const struct document_options *options, struct document_changes *changes) {
    const struct document_part *part = &document->secrets;
    struct problem problem = PROBLEM_NULL;
    struct body body = {.text = document->text, .problem = &problem};

    for (size_t at = 0; at < part->count; at++) {
        int error = apply_entry(&body, &entries_of(part)[at], broker, options->is_dry, changes);

        if (error != 0) {
            return error;
        }
    }
    return options->prune && part->is_given
                   ? broker_prune(broker, is_named, document, options->is_dry, on_deleted, changes)
                   : 0;
}

int document_apply(const struct document *document, struct broker *broker,
        const struct document_options *options, struct mistakes *mistakes,
        struct document_changes *ret_changes) {
    int error = check(document, broker, broker_value_max_bytes(broker), mistakes);

    if (error != 0 || mistakes->count > 0) {
        return error;
    }
    error = apply(document, broker, options, ret_changes);
    if (error != 0 && !options->is_dry) {
        broker_void(broker, error); /* a part of it may be done */
    }
    return error;
}

int document_begin(const void *document, struct broker *broker) {
    const struct document_options options = {0};
    MISTAKES_AUTO struct mistakes mistakes = MISTAKES_NULL;
    DOCUMENT_CHANGES_AUTO struct document_changes changes = {0};
    int error = document_apply(document, broker, &options, &mistakes, &changes);

    if (error == 0 && mistakes.count > 0) {
        error = -EBADMSG; /* document_check() has passed it */
        broker_void(broker, error);
    }
    return error;
}

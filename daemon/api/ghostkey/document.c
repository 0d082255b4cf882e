#include "api/ghostkey/document.h"

#include <errno.h>

#include "api/ghostkey/document_fault.h"
#include "api/ghostkey/request_json.h"
#include "broker/apply.h"
#include "broker/broker.h"
#include "common/name.h"
#include "http/request_text.h"

void document_deinit(struct document *document) {
    buffer_deinit(&document->names);
    document_part_deinit(&document->secrets);
    document_part_deinit(&document->faults);
}

void document_changes_deinit(struct document_changes *changes) {
    document_lists_deinit(&changes->secrets);
    document_lists_deinit(&changes->faults);
}

static int read_member(struct body *body, const struct member *member, struct document *document) {
    if (span_is(member->name, "secrets")) {
        return document_part_read(body, "secrets", &member->value, &document->secrets);
    }
    if (span_is(member->name, "faults")) {
        return document_part_read(body, "faults", &member->value, &document->faults);
    }
    return problem_set(body->problem, GK_E_BAD_REQUEST,
            "unknown member '%s'; there are 'secrets' and 'faults'", shown_utf8(member->name).text);
}

static int read_members(struct body *body, struct json_reader *reader, struct document *document) {
    struct member member;
    bool found;

    for (bool is_first = true;; is_first = false) {
        int error = body_next_member(body, reader, is_first, &member, &found);

        if (error != 0 || !found) {
            return error;
        }
        error = read_member(body, &member, document);
        if (error != 0) {
            return error;
        }
    }
}

int document_read(struct span text, struct document *ret_document, struct problem *problem) {
    DOCUMENT_AUTO struct document document = {.text = text};
    struct body body = {.text = text, .bytes = &document.names, .problem = problem};
    struct json_reader reader;
    int error = body_begin(&body, &reader);

    if (error != 0) {
        return error;
    }
    error = read_members(&body, &reader, &document);
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
    *ret_error = request_read_document_secret(&reading, &entry->value);
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
static int check_secrets(const struct document_part *part, struct body *body, struct broker *broker,
        size_t value_max_bytes, struct mistakes *mistakes) {
    GK_AUTO_FREE const struct document_entry **places = NULL;
    int error = document_part_in_place(part, &places);

    for (size_t at = 0; at < part->count && error == 0; at++) {
        error = check_entry(body, places[at], broker, value_max_bytes, mistakes);
    }
    return error;
}

static int check(const struct document *document, struct broker *broker, size_t value_max_bytes,
        bool prune, struct mistakes *mistakes) {
    struct problem problem = PROBLEM_NULL;
    struct body body = {.text = document->text, .problem = &problem};
    int error = check_secrets(&document->secrets, &body, broker, value_max_bytes, mistakes);

    if (error != 0) {
        return error;
    }
    error = document_check_faults(&document->faults, &body, broker, prune, mistakes);
    return error != 0 ? error : mistakes_finish(mistakes);
}

int document_check(
        const struct document *document, size_t value_max_bytes, struct mistakes *mistakes) {
    return check(document, NULL, value_max_bytes, false, mistakes);
}

/* Makes one secret agree. All of the document has been checked. */
static int apply_entry(struct body *body, const struct document_entry *entry, struct broker *broker,
        bool is_dry, struct document_lists *lists) {
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
        document_list_add(
                agreement == AGREES_ONCE_MADE ? &lists->made : &lists->changed, entry->name);
    }
    return 0;
}

static int apply_secrets(const struct document_part *part, struct body *body, struct broker *broker,
        const struct document_options *options, struct document_lists *lists) {
    for (size_t at = 0; at < part->count; at++) {
        int error =
                apply_entry(body, &document_part_entries(part)[at], broker, options->is_dry, lists);

        if (error != 0) {
            return error;
        }
    }
    return options->prune && part->is_given
                   ? broker_prune(broker, document_part_names, part, options->is_dry,
                             document_lists_add_deleted, lists)
                   : 0;
}

static int apply(const struct document *document, struct broker *broker,
        const struct document_options *options, struct document_changes *changes) {
    struct problem problem = PROBLEM_NULL;
    struct body body = {.text = document->text, .problem = &problem};
    int error = apply_secrets(&document->secrets, &body, broker, options, &changes->secrets);

    return error != 0 ? error
                      : document_apply_faults(&document->faults, &body, broker, options->prune,
                                options->is_dry, &changes->faults);
}

int document_apply(const struct document *document, struct broker *broker,
        const struct document_options *options, struct mistakes *mistakes,
        struct document_changes *ret_changes) {
    int error = check(document, broker, broker_value_max_bytes(broker), options->prune, mistakes);

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

    if (error != 0 || mistakes.count == 0) {
        return error;
    }
    broker_void(broker, -EBADMSG); /* document_check() has passed it */
    return -EBADMSG;
}

#include "api/ghostkey/document_fault.h"

#include <errno.h>

#include "api/ghostkey/mistakes.h"
#include "api/ghostkey/request_fault.h"
#include "api/ghostkey/request_json.h"
#include "broker/apply.h"
#include "common/fault_words.h"

/* Reads a rule. The mistakes in it are added, and what is then in *ret_rule is not used. */
static int read_rule(struct body *body, const struct document_entry *entry,
        struct mistakes *mistakes, struct fault_rule *ret_rule) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    int error;

    body->bytes = &bytes;
    body->part_len = entry->value.raw.len;
    error = request_read_document_fault(body, &entry->value, entry->name, mistakes, ret_rule);
    body->bytes = NULL;
    return error;
}

static int check_rule(
        struct body *body, const struct document_entry *entry, struct mistakes *mistakes) {
    struct fault_rule rule;

    *body->problem = PROBLEM_NULL;
    if (!fault_id_is_valid(entry->name)) {
        mistakes_add(mistakes, "fault", entry->name,
                problem_set(body->problem, GK_E_BAD_REQUEST, FAULT_ID_RULE, GK_FAULT_ID_MAX_BYTES),
                body->problem);
        return 0;
    }
    if (entry->is_repeated) {
        mistakes_add(mistakes, "fault", entry->name,
                problem_set(body->problem, GK_E_BAD_REQUEST, "it is given more than once"),
                body->problem);
        return 0;
    }
    return read_rule(body, entry, mistakes, &rule);
}

/* How many rules the broker has that the part does not name. */
static int count_others(
        const struct document_part *part, struct broker *broker, size_t *ret_count) {
    const struct fault *faults;
    size_t count;
    int error = broker_fault_list(broker, &faults, &count);

    *ret_count = 0;
    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < count; at++) {
        *ret_count += !document_part_names(part, span_of(faults[at].rule.id));
    }
    return 0;
}

static int check_count(const struct document_part *part, struct body *body, struct broker *broker,
        bool prune, struct mistakes *mistakes) {
    size_t after = 0;

    if (broker != NULL && !prune) {
        int error = count_others(part, broker, &after);

        if (error != 0) {
            return error;
        }
    }
    for (size_t at = 0; at < part->count; at++) {
        after += !document_part_entries(part)[at].is_repeated;
    }
    if (after > GK_FAULTS_MAX) {
        mistakes_add(mistakes, NULL, SPAN_NULL,
                problem_set(body->problem, GK_E_BAD_REQUEST,
                        "there would be %zu fault rules, and there can be %d at most", after,
                        GK_FAULTS_MAX),
                body->problem);
    }
    return 0;
}

int document_check_faults(const struct document_part *part, struct body *body,
        struct broker *broker, bool prune, struct mistakes *mistakes) {
    GK_AUTO_FREE const struct document_entry **places = NULL;
    int error = document_part_in_place(part, &places);

    if (error != 0 || part->count == 0) {
        return error;
    }
    for (size_t at = 0; at < part->count; at++) {
        error = check_rule(body, places[at], mistakes);
        if (error != 0) {
            return error;
        }
    }
    return check_count(part, body, broker, prune, mistakes);
}

static int apply_rule(struct body *body, const struct document_entry *entry, struct broker *broker,
        bool is_dry, struct document_lists *lists) {
    MISTAKES_AUTO struct mistakes none = MISTAKES_NULL;
    enum agreement agreement;
    struct fault_rule rule;
    int error = read_rule(body, entry, &none, &rule);

    if (error != 0 || none.count > 0) {
        return error != 0 ? error : -EBADMSG;
    }
    error = broker_agree_fault(broker, &rule, is_dry, &agreement, body->problem);
    if (error != 0) {
        return error;
    }
    if (agreement != AGREES_ALREADY) {
        document_list_add(
                agreement == AGREES_ONCE_MADE ? &lists->made : &lists->changed, entry->name);
    }
    return 0;
}

int document_apply_faults(const struct document_part *part, struct body *body,
        struct broker *broker, bool prune, bool is_dry, struct document_lists *lists) {
    if (prune && part->is_given) {
        /* first, so that there is room for what is made */
        int error = broker_prune_faults(
                broker, document_part_names, part, is_dry, document_lists_add_deleted, lists);

        if (error != 0) {
            return error;
        }
    }
    for (size_t at = 0; at < part->count; at++) {
        int error = apply_rule(body, &document_part_entries(part)[at], broker, is_dry, lists);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

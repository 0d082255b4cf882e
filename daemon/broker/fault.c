#include "broker/fault.h"

#include "broker/apply.h"
#include "broker/broker_internal.h"
#include "broker/fault_counts.h"
#include "broker/fault_record.h"
#include "broker/fault_when.h"
#include "broker/own.h"
#include "common/pattern.h"

/* The rule is another one from here on, or gone: it counts anew. */
static int replace(struct broker *broker, struct span id) {
    char place[FAULT_KEY_MAX_BYTES];

    fault_table_replace(&broker->faults, id);
    return broker_own_delete(broker, OWNER_BROKER, fault_key(place, FAULT_COUNTS, id));
}

int broker_fault_put(
        struct broker *broker, const struct fault_rule *rule, struct problem *problem) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct span id = span_of(rule->id);
    char place[FAULT_KEY_MAX_BYTES];
    int error = fault_table_read(&broker->faults, broker->store);

    if (error != 0) {
        return error;
    }
    if (broker->faults.count >= GK_FAULTS_MAX && fault_table_find(&broker->faults, id) == NULL) {
        return problem_set(problem, GK_E_CONFLICT,
                "there are %d fault rules already, and there can be no more", GK_FAULTS_MAX);
    }
    fault_encode(rule, &record);
    error = buffer_finish(&record);
    if (error != 0) {
        return error;
    }
    error = fault_table_make_room(&broker->faults, 1);
    if (error != 0) {
        return error;
    }
    error = broker_own_put(
            broker, OWNER_BROKER, fault_key(place, FAULT_RULES, id), buffer_span(&record));
    return error != 0 ? error : replace(broker, id);
}

int broker_fault_get(struct broker *broker, struct span id, const struct fault **ret_fault,
        struct problem *problem) {
    int error = fault_table_read(&broker->faults, broker->store);
    const struct fault *fault;

    if (error != 0) {
        return error;
    }
    fault = fault_table_find(&broker->faults, id);
    if (fault == NULL) {
        return problem_set(problem, GK_E_NO_FAULT, "there is no fault rule '%.*s'", SPAN_ARGS(id));
    }
    *ret_fault = fault;
    return 0;
}

static int remove_rule(struct broker *broker, struct span id) {
    char place[FAULT_KEY_MAX_BYTES];
    int error = broker_own_delete(broker, OWNER_BROKER, fault_key(place, FAULT_RULES, id));

    return error != 0 ? error : replace(broker, id);
}

int broker_fault_delete(struct broker *broker, struct span id, struct problem *problem) {
    const struct fault *fault;
    int error = broker_fault_get(broker, id, &fault, problem);

    if (error != 0) {
        return error;
    }
    error = fault_table_make_room(&broker->faults, 1);
    return error != 0 ? error : remove_rule(broker, id);
}

int broker_agree_fault(struct broker *broker, const struct fault_rule *rule, bool is_dry,
        enum agreement *ret_agreement, struct problem *problem) {
    int error = fault_table_read(&broker->faults, broker->store);
    const struct fault *known;

    if (error != 0) {
        return error;
    }
    known = fault_table_find(&broker->faults, span_of(rule->id));
    *ret_agreement = known == NULL                           ? AGREES_ONCE_MADE
                     : fault_rule_equals(&known->rule, rule) ? AGREES_ALREADY
                                                             : AGREES_ONCE_CHANGED;
    if (is_dry || *ret_agreement == AGREES_ALREADY) {
        return 0;
    }
    return broker_fault_put(broker, rule, problem);
}

/* Reads the rules, and makes room to remove each. */
static int make_room_for_all(struct broker *broker) {
    int error = fault_table_read(&broker->faults, broker->store);

    return error != 0 ? error : fault_table_make_room(&broker->faults, broker->faults.count);
}

int broker_prune_faults(struct broker *broker,
        bool (*is_named)(const void *document, struct span id), const void *document, bool is_dry,
        void (*on_deleted)(void *userdata, struct span id), void *userdata) {
    int error = make_room_for_all(broker);

    for (size_t at = 0; at < broker->faults.count && error == 0; at++) {
        struct span id = span_of(broker->faults.faults[at].rule.id);

        if (!is_named(document, id)) {
            on_deleted(userdata, id);
            error = is_dry ? 0 : remove_rule(broker, id);
        }
    }
    return error;
}

int broker_fault_delete_all(struct broker *broker) {
    int error = make_room_for_all(broker);

    for (size_t at = 0; at < broker->faults.count && error == 0; at++) {
        error = remove_rule(broker, span_of(broker->faults.faults[at].rule.id));
    }
    return error;
}

int broker_fault_list(struct broker *broker, const struct fault **ret_faults, size_t *ret_count) {
    int error = fault_table_read(&broker->faults, broker->store);

    if (error != 0) {
        return error;
    }
    *ret_faults = broker->faults.faults;
    *ret_count = broker->faults.count;
    return 0;
}

bool broker_has_faults(const struct broker *broker) {
    return broker->faults.count > 0 || broker->faults.is_old;
}

static bool matches_name(const struct fault_rule *rule, const struct fault_request *request) {
    for (size_t at = 0; at < request->name_count; at++) {
        if (pattern_matches(rule->name, request->names[at])) {
            return true;
        }
    }
    return rule->name[0] == '\0';
}

static void glance_at(const struct fault_request *request,
        const struct fault_candidates *candidates, struct fault_glance *ret_glance) {
    ret_glance->is_known = false;
    if (request->name_count == 1) {
        fault_glance_at(request->names[0], candidates->ends, candidates->end_count, ret_glance);
    }
}

/* The first candidate from `at` on that may match. */
static size_t next_likely(
        const struct fault_candidates *candidates, size_t at, const struct fault_glance *glance) {
    const struct fault_candidate *candidate = candidates->items + at;
    const struct fault_candidate *end = candidates->items + candidates->count;

    while (glance->is_known && candidate < end &&
            glance->hashes[candidate->end] != candidate->hash) {
        candidate += 1;
    }
    return (size_t)(candidate - candidates->items);
}

/* Takes back the matches of the first candidates, none of which has fired. */
static void uncount(struct broker *broker, const struct fault_candidates *candidates, size_t count,
        const struct fault_request *request, const struct fault_glance *glance) {
    for (size_t at = next_likely(candidates, 0, glance); at < count;
            at = next_likely(candidates, at + 1, glance)) {
        struct fault *fault = &broker->faults.faults[candidates->items[at].at];

        fault->matched -= matches_name(&fault->rule, request);
    }
}

/* Counts a match. *ret_rule: the rule, if it fires. */
static int count(struct broker *broker, struct fault *fault, const struct fault_rule **ret_rule) {
    bool fires;
    int error = fault_fires(&fault->rule, fault->matched + 1, fault->fired, broker->keyring,
            broker->clock.now, &fires);

    if (error != 0) {
        return error;
    }
    fault->matched += 1;
    fault->fired += fires;
    fault->is_unkept = true;
    broker->faults.has_unkept_counts = true;
    *ret_rule = fires ? &fault->rule : NULL;
    return 0;
}

int broker_fault_choose(struct broker *broker, const struct fault_request *request,
        const struct fault_rule **ret_rule) {
    const struct fault_candidates *candidates;
    struct fault_glance glance; /* large: what is set is only what is used */
    int error = fault_table_read(&broker->faults, broker->store);

    *ret_rule = NULL;
    if (error != 0) {
        return error;
    }
    error = fault_table_candidates(&broker->faults, request, &candidates);
    if (error != 0) {
        return error;
    }
    glance_at(request, candidates, &glance);
    for (size_t at = next_likely(candidates, 0, &glance);
            at < candidates->count && *ret_rule == NULL;
            at = next_likely(candidates, at + 1, &glance)) {
        struct fault *fault = &broker->faults.faults[candidates->items[at].at];

        if (!matches_name(&fault->rule, request)) {
            continue;
        }
        error = count(broker, fault, ret_rule);
        if (error != 0) {
            uncount(broker, candidates, at, request, &glance);
            return error;
        }
    }
    return 0;
}

bool broker_fault_counts_wait(const struct broker *broker) {
    return broker->faults.has_unkept_counts;
}

int broker_fault_keep_counts(struct broker *broker) {
    struct fault_table *table = &broker->faults;
    char place[FAULT_KEY_MAX_BYTES];
    char counts[FAULT_COUNTS_BYTES];
    int error =
            table->has_unkept_counts ? verb_end(broker, fault_table_read(table, broker->store)) : 0;

    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < table->count && table->has_unkept_counts; at++) {
        struct fault *fault = &table->faults[at];

        if (!fault->is_unkept) {
            continue;
        }
        fault_encode_counts(fault, counts);
        error = broker_own_put(broker, OWNER_BROKER,
                fault_key(place, FAULT_COUNTS, span_of(fault->rule.id)),
                (struct span){counts, sizeof(counts)});
        if (error != 0) {
            return error;
        }
        fault->is_unkept = false;
    }
    table->has_unkept_counts = false;
    return 0;
}

#include "broker/fault_table.h"

#include <errno.h>

#include "broker/fault_record.h"
#include "common/cleanup.h"
#include "store/store_tables.h"

static void forget_candidates(struct fault_table *table) {
    for (size_t at = 0; at < FAULT_REQUESTS_MAX; at++) {
        free(table->of[at].items);
        free(table->of[at].ends);
        table->of[at] = (struct fault_candidates){.version = 0};
    }
}

static void forget_before(struct fault_table *table) {
    free(table->before);
    table->before = NULL;
    table->before_count = 0;
    table->is_taken_back = false;
}

void fault_table_deinit(struct fault_table *table) {
    forget_candidates(table);
    forget_before(table);
    free(table->faults);
    *table = (struct fault_table){.is_old = true};
}

static int compare_id(const void *id, const void *fault) {
    return span_compare(*(const struct span *)id, span_of(((const struct fault *)fault)->rule.id));
}

struct fault *fault_table_find(const struct fault_table *table, struct span id) {
    return table->count == 0 ? NULL
                             : bsearch(&id, table->faults, table->count, sizeof(table->faults[0]),
                                       compare_id);
}

/* The rules that were read so far. */
struct reading {
    struct store *store;
    const struct fault_table *before;
    struct fault *faults;
    size_t count;
    size_t capacity;
    bool has_unkept_counts;
};

static void reading_deinit(struct reading *reading) {
    free(reading->faults);
}

static int make_room(struct reading *reading) {
    size_t capacity = reading->capacity == 0 ? 8 : 2 * reading->capacity;
    struct fault *faults;

    if (reading->count < reading->capacity) {
        return 0;
    }
    faults = realloc(reading->faults, capacity * sizeof(*faults));
    if (faults == NULL) {
        return -ENOMEM;
    }
    reading->faults = faults;
    reading->capacity = capacity;
    return 0;
}

/* The counts of before the turn that was taken back, if that turn had replaced the rule. */
static const struct fault_before *find_before(const struct fault_table *table, struct span id) {
    for (size_t at = 0; at < table->before_count && table->is_taken_back; at++) {
        if (span_equals(span_of(table->before[at].id), id)) {
            return &table->before[at]; /* the first: the turn may have replaced it several times */
        }
    }
    return NULL;
}

static void set_unkept(
        struct reading *reading, struct fault *fault, uint64_t matched, uint64_t fired) {
    fault->matched = matched;
    fault->fired = fired;
    fault->is_unkept = true;
    reading->has_unkept_counts = true;
}

/* The counts in memory are newer than those that are kept, unless the rule was made anew. */
static int read_counts(struct reading *reading, struct span id, struct fault *fault) {
    const struct fault_before *before = find_before(reading->before, id);
    const struct fault *known = fault_table_find(reading->before, id);
    char place[FAULT_KEY_MAX_BYTES];
    struct span record;

    if (before != NULL) {
        set_unkept(reading, fault, before->matched, before->fired);
        return 0;
    }
    if (known != NULL && !known->is_replaced && known->is_unkept) {
        set_unkept(reading, fault, known->matched, known->fired);
        return 0;
    }
    if (!store_get_own(reading->store, OWNER_BROKER, fault_key(place, FAULT_COUNTS, id), &record)) {
        return 0;
    }
    return fault_decode_counts(record, fault);
}

static int read_rule(void *userdata, struct span key, struct span record) {
    struct reading *reading = userdata;
    struct span id = {key.data + strlen(FAULT_RULES), key.len - strlen(FAULT_RULES)};
    struct fault *fault;
    int error = make_room(reading);

    if (error != 0) {
        return error;
    }
    if (id.len > GK_FAULT_ID_MAX_BYTES) {
        return -EBADMSG;
    }
    fault = &reading->faults[reading->count];
    memset(fault, 0, sizeof(*fault));
    memcpy(fault->rule.id, id.data, id.len);
    error = fault_decode(record, &fault->rule);
    if (error != 0) {
        return error;
    }
    error = read_counts(reading, id, fault);
    if (error != 0) {
        return error;
    }
    reading->count += 1;
    return 0;
}

int fault_table_read(struct fault_table *table, struct store *store) {
    GK_CLEANUP(reading_deinit) struct reading reading = {.store = store, .before = table};
    int error;

    if (!table->is_old) {
        return 0;
    }
    error = store_walk_own(store, OWNER_BROKER, SPAN_LITERAL(FAULT_RULES), read_rule, &reading);
    if (error != 0) {
        return error;
    }
    free(table->faults);
    table->faults = reading.faults;
    table->count = reading.count;
    table->has_unkept_counts = reading.has_unkept_counts;
    table->version += 1;
    table->is_old = false;
    reading.faults = NULL; /* handed over */
    if (table->is_taken_back) {
        forget_before(table);
    }
    return 0;
}

static bool is_for(const struct fault_rule *rule, const struct fault_request *request) {
    return (rule->api[0] == '\0' || strcmp(rule->api, request->api) == 0) &&
           (rule->operation[0] == '\0' || strcmp(rule->operation, request->class) == 0 ||
                   (strcmp(rule->operation, request->operation) == 0 &&
                           !fault_is_class(rule->operation)));
}

/* The place of that end among those of the candidates. */
static uint32_t place_of(struct fault_candidates *candidates, struct fault_end end) {
    struct fault_end *known = candidates->ends;
    uint32_t at = 0;

    while (at < candidates->end_count &&
            (known[at].len != end.len || known[at].is_last != end.is_last)) {
        at += 1;
    }
    if (at == candidates->end_count) {
        known[at] = end;
        candidates->end_count += 1;
    }
    return at;
}

static void add_candidate(
        struct fault_candidates *candidates, const struct fault_rule *rule, size_t at) {
    struct fault_end end = fault_end_of(rule->name);

    candidates->items[candidates->count++] = (struct fault_candidate){
            .hash = fault_end_hash(end, span_of(rule->name)),
            .end = place_of(candidates, end),
            .at = (uint32_t)at,
    };
}

static int make_room_for(struct fault_candidates *candidates, size_t count) {
    size_t most = count < FAULT_ENDS_MAX ? count : FAULT_ENDS_MAX;
    struct fault_candidate *items = realloc(candidates->items, (count + 1) * sizeof(*items));
    struct fault_end *ends = realloc(candidates->ends, (most + 1) * sizeof(*ends));

    candidates->items = items != NULL ? items : candidates->items;
    candidates->ends = ends != NULL ? ends : candidates->ends;
    return items != NULL && ends != NULL ? 0 : -ENOMEM;
}

int fault_table_candidates(struct fault_table *table, const struct fault_request *request,
        const struct fault_candidates **ret_candidates) {
    struct fault_candidates *candidates = &table->of[request->number];
    int error;

    *ret_candidates = candidates;
    if (candidates->version == table->version) {
        return 0;
    }
    error = make_room_for(candidates, table->count);
    if (error != 0) {
        return error;
    }
    candidates->count = 0;
    candidates->end_count = 0;
    candidates->version = table->version;
    for (size_t at = 0; at < table->count; at++) {
        if (is_for(&table->faults[at].rule, request)) {
            add_candidate(candidates, &table->faults[at].rule, at);
        }
    }
    return 0;
}

int fault_table_make_room(struct fault_table *table, size_t count) {
    struct fault_before *before =
            realloc(table->before, (table->before_count + count + 1) * sizeof(*before));

    if (before == NULL) {
        return -ENOMEM;
    }
    table->before = before;
    return 0;
}

/* A rule that is replaced already is in before, or an earlier turn has replaced it. */
static void replace(struct fault_table *table, struct fault *fault) {
    struct fault_before *before = &table->before[table->before_count];

    if (fault->is_replaced) {
        return;
    }
    memcpy(before->id, fault->rule.id, sizeof(before->id));
    before->matched = fault->matched;
    before->fired = fault->fired;
    table->before_count += 1;
    fault->is_replaced = true;
}

void fault_table_replace(struct fault_table *table, struct span id) {
    struct fault *fault = fault_table_find(table, id);

    if (fault != NULL) {
        replace(table, fault);
    }
    table->is_old = true;
}

void fault_table_forget(struct fault_table *table) {
    for (size_t at = 0; at < table->count; at++) {
        replace(table, &table->faults[at]);
    }
    table->has_unkept_counts = false;
    table->is_old = true;
}

void fault_table_keep(struct fault_table *table) {
    if (!table->is_taken_back && table->before != NULL) {
        forget_before(table);
    }
}

void fault_table_take_back(struct fault_table *table) {
    for (size_t at = 0; at < table->count; at++) {
        table->faults[at].is_unkept = true;
    }
    table->has_unkept_counts = table->count > 0 || table->before_count > 0;
    table->is_taken_back = true;
    table->is_old = true;
}

/*
 * The rules in memory, as the open turn sees them. They are read from the store again after a rule
 * has changed, and after a turn that failed.
 */
#ifndef GHOSTKEYD_BROKER_FAULT_TABLE_H
#define GHOSTKEYD_BROKER_FAULT_TABLE_H

#include "broker/fault_glance.h"
#include "model/fault.h"

struct store;

/* A rule that fits the API and the operation of one kind of request. */
struct fault_candidate {
    uint64_t hash; /* of that end of its pattern */
    uint32_t end;  /* which of ends */
    uint32_t at;   /* its place in faults */
};

struct fault_candidates {
    uint64_t version; /* of the table for which they were found; 0: never */
    size_t count;
    struct fault_candidate *items;
    size_t end_count;
    struct fault_end *ends; /* at which the items look, each once */
};

/* How often a rule had matched and fired before the turn replaced or removed it. */
struct fault_before {
    char id[GK_FAULT_ID_MAX_BYTES + 1];
    uint64_t matched;
    uint64_t fired;
};

struct fault_table {
    bool is_old;            /* it has to be read again */
    bool has_unkept_counts; /* is_unkept of some */
    uint64_t version;       /* how often it was read */
    size_t count;
    struct fault *faults; /* in byte order of their ids */
    bool is_taken_back;   /* the next read takes the counts of those in before */
    size_t before_count;
    struct fault_before *before; /* in the order in which they were replaced */
    struct fault_candidates of[FAULT_REQUESTS_MAX];
};

void fault_table_deinit(struct fault_table *table);

/* Reads it again, if it is old. A negative errno */
int fault_table_read(struct fault_table *table, struct store *store);

/* The rule of that id; NULL: there is none. */
struct fault *fault_table_find(const struct fault_table *table, struct span id);

/* The rules that may match the request: fault_request.number. A negative errno */
int fault_table_candidates(struct fault_table *table, const struct fault_request *request,
        const struct fault_candidates **ret_candidates);

/* Makes room to replace so many rules, before any of them changes in the store. A negative errno */
int fault_table_make_room(struct fault_table *table, size_t count);

/* The turn has replaced or removed that rule; or removed all. There is room for it. */
void fault_table_replace(struct fault_table *table, struct span id);
void fault_table_forget(struct fault_table *table);

/* A turn was kept. */
void fault_table_keep(struct fault_table *table);

/* A turn was taken back: rules and counts are as before it. */
void fault_table_take_back(struct fault_table *table);

#endif

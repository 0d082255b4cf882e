/*
 * The rules in memory, as the open turn sees them. They are read from the store again after a rule
 * has changed, and after a turn that failed.
 */
#ifndef GHOSTKEYD_BROKER_FAULT_TABLE_H
#define GHOSTKEYD_BROKER_FAULT_TABLE_H

#include "model/fault.h"

struct store;

/* A rule whose api and operation are those of a number of requests. */
struct fault_candidate {
    uint64_t head; /* the bytes, at most 8, with which each name that it matches begins */
    uint64_t mask; /* which bits of head count: a glance rules out most rules */
    size_t at;     /* its place in faults */
};

struct fault_candidates {
    uint64_t version; /* of the table for which they were found; 0: never */
    size_t count;
    struct fault_candidate *items;
};

struct fault_table {
    bool is_old;            /* it has to be read again */
    bool has_unkept_counts; /* is_unkept of some */
    bool has_new;           /* is_new of some */
    uint64_t version;       /* how often it was read */
    size_t count;
    struct fault *faults; /* in byte order of their ids */
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

/* The turn has removed all rules. */
void fault_table_forget(struct fault_table *table);

/* A turn was kept. */
void fault_table_keep(struct fault_table *table);

/* A turn was taken back: rules and counts are as before it. */
void fault_table_take_back(struct fault_table *table);

#endif

/* What is told of the broker as a whole. */
#ifndef GHOSTKEYD_BROKER_STATUS_H
#define GHOSTKEYD_BROKER_STATUS_H

#include "common/instant.h"
#include "model/event.h"

struct broker;

struct broker_status {
    const char *home; /* "memory", "fdstore", "file": where the state is kept */
    uint64_t secrets;
    uint64_t last_event;    /* seq; 0: none yet */
    uint64_t faults;        /* rules */
    uint64_t journal_bytes; /* 0: there is no journal */
    instant rewritten_at;   /* when the journal was last written anew; 0: never */
};

struct broker_status broker_status(struct broker *broker);

/* Counts of what was committed since the daemon started. */
struct broker_counters {
    uint64_t events[EVENT_KIND_COUNT];    /* by enum event_kind */
    uint64_t rotations[CAUSE_EXPIRY + 1]; /* by CAUSE_ROTATE and CAUSE_EXPIRY */
    uint64_t last_event;                  /* seq */
    uint64_t commits;
    uint64_t failed_commits;
};

const struct broker_counters *broker_counters(const struct broker *broker);

#endif

/*
 * One change of a secret (contract, section 6).
 */
#ifndef GHOSTKEYD_MODEL_EVENT_H
#define GHOSTKEYD_MODEL_EVENT_H

#include "model/secret.h"

/* The numbers are kept in stores: append only. */
enum event_kind {
    EVENT_CREATED = 0,
    EVENT_UPDATED = 1,
    EVENT_ROTATED = 2,
    EVENT_EXPIRED = 3,
    EVENT_DELETED = 4,
    EVENT_CLEANED = 5,
    EVENT_FAILED = 6,
    EVENT_RESTORED = 7,
    EVENT_PENDING = 8,
    EVENT_PROMOTED = 9,
    EVENT_DISCARDED = 10,
};
#define EVENT_KIND_COUNT (EVENT_DISCARDED + 1)

struct event {
    uint64_t seq; /* from 1, without gaps */
    instant at;
    enum event_kind kind;
    enum cause cause;
    struct span name;
    uint64_t version;
    struct span reason; /* of a failure, else empty */
    instant gone_at;    /* of a deletion that can be undone: until when; else 0 */
};

/* "created", "updated", ... */
const char *event_kind_text(enum event_kind kind);

#endif

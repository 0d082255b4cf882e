/*
 * The requests that were answered last (contract, section 12), in memory alone: the newest
 * GK_REQUESTS_KEPT, with neither values nor what the client sent but for the name of a secret. At
 * worst, with peers of the longest names, the ring takes less than 1 MiB.
 */
#ifndef GHOSTKEYD_HTTP_REQUEST_RING_H
#define GHOSTKEYD_HTTP_REQUEST_RING_H

#include "broker/peer.h"
#include "common/instant.h"
#include "ghostkey/protocol.h"

/* A request that was answered, or whose connection was closed instead. */
struct seen_request {
    uint64_t seq;      /* from 1; 0: there is none in this place */
    instant at;        /* of GhostKey's clock, when it was answered */
    struct peer *peer; /* NULL: not known */
    const char *api;
    const char *operation; /* NULL: none */
    int status;            /* 0: the connection was closed */
    uint64_t taken_ns;     /* until the answer was sent */
    uint8_t name_len;      /* 0: it names no secret */
    uint8_t fault_len;     /* 0: no rule fired */
    char name[GK_NAME_MAX_BYTES];
    char fault[GK_FAULT_ID_MAX_BYTES]; /* the id of the rule */
};

/* All zeros: nothing was asked. What has asked is held until request_ring_clear(). */
struct request_ring {
    uint64_t last;                               /* the seq of the newest; 0: none */
    uint64_t resets;                             /* broker_resets() when it was cleared last */
    struct seen_request items[GK_REQUESTS_KEPT]; /* each at seq % GK_REQUESTS_KEPT */
};

/* Forgets all; the next one has the seq 1. */
void request_ring_clear(struct request_ring *ring);

/*
 * Adds a request; the caller sets what is not given here. name data NULL: it names no secret;
 * fault data NULL: no rule fired; peer NULL: there was no memory for one.
 */
struct seen_request *request_ring_add(
        struct request_ring *ring, struct peer *peer, struct span name, struct span fault);

/*
 * The first request after a seq, or the oldest that is kept if that one is later; NULL: there is
 * none. A seq beyond the last is from before the ring was cleared: what is kept begins anew.
 */
const struct seen_request *request_ring_after(const struct request_ring *ring, uint64_t seq);

/* The one that follows; NULL: it was the newest. */
const struct seen_request *request_ring_next(
        const struct request_ring *ring, const struct seen_request *request);

#endif

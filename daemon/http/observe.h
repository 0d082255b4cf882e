/* Remembers what was asked, and who was told which value (contract, section 12). */
#ifndef GHOSTKEYD_HTTP_OBSERVE_H
#define GHOSTKEYD_HTTP_OBSERVE_H

#include "http/mention.h"
#include "http/request_ring.h"

struct broker;
struct operation;

/* A request, once its answer is ready, or its connection is closed instead. */
struct answered {
    struct peer *peer; /* NULL: not known */
    const char *api;
    const struct operation *operation; /* NULL: not known */
    struct span name;                  /* of the first secret that it names; data NULL: none */
    const struct mentions *told;       /* what the answer tells; NULL: nothing */
    struct span fault;                 /* the id of the rule that fired; data NULL: none */
    int status;                        /* 0: the connection is closed */
    uint64_t taken_ns;
};

/* Called once for each request. */
void observe(struct broker *broker, struct request_ring *requests, const struct answered *answered);

#endif

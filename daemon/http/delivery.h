/*
 * One request on its way through h2o: what came as a struct exchange, and the answer that stands
 * there sent back. It lives as long as h2o's request, in whose memory pool it is counted, and wipes
 * what came and what was answered when that goes.
 */
#ifndef GHOSTKEYD_HTTP_DELIVERY_H
#define GHOSTKEYD_HTTP_DELIVERY_H

#include "http/connections.h"
#include "http/metrics.h"

struct delivery {
    h2o_linklist_t link; /* in turn.waiting, while the answer has to wait */
    h2o_req_t *req;
    struct connection *connection;
    uint64_t came_ns;        /* clock_ticks_ns() */
    struct span target_host; /* of a target in absolute form, else data NULL */
    struct exchange exchange;
};

/* Takes down what came by req. exchange.refused is what the peer's access says. */
struct delivery *delivery_new(h2o_req_t *req, struct broker *broker, const struct token *token);

/*
 * Sends the answer, which is complete, and counts it; nothing is to be done with the delivery
 * afterwards.
 */
void delivery_send(struct delivery *delivery, struct metrics *metrics);

/* Counts the answer, which somebody else sends. */
void delivery_count(const struct delivery *delivery, struct metrics *metrics);

/* The two halves of that, for an answer that takes the place of one of h2o's own. */
void delivery_write_head(struct delivery *delivery);
size_t delivery_body(struct delivery *delivery, h2o_iovec_t *ret_body); /* 0 or 1 of them */

#endif

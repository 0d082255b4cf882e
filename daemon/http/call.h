/*
 * A call: one request and its answer, on their way through HTTP and an API. A call lives as long
 * as h2o's request, in whose memory pool it is counted; what came and what was answered is wiped
 * when that goes.
 */
#ifndef GHOSTKEYD_HTTP_CALL_H
#define GHOSTKEYD_HTTP_CALL_H

#include "http/answer.h"
#include "http/request.h"
#include "model/problem.h"
#include <sys/queue.h>

struct api;
struct broker;
struct connection;
struct metrics;
struct operation;
struct token;

struct call {
    struct request request;
    struct answer answer;
    int denied; /* GK_E_FORBIDDEN or GK_E_UNAUTHORIZED: nothing else is answered; or 0 */
    int limit;  /* GK_E_TOO_LARGE, GK_E_EXPECTATION or GK_E_BAD_REQUEST: it is not served; or 0 */
    const struct api *api;
    const struct operation *operation; /* NULL: not known */
    struct broker *broker;
    const struct metrics *metrics;
    const void *decoded; /* what the API has decoded for its handler */
    bool after_commit;   /* the answer waits for the end of the turn */

    /* HTTP's own: an API does not look at these. */
    struct call_list *list; /* that it waits in for the end of the turn; NULL: none */
    TAILQ_ENTRY(call) link;
    struct st_h2o_req_t *req;
    struct connection *connection;
    uint64_t came_ns; /* clock_ticks_ns() */

    struct problem problem; /* last: of its sentence only the first byte is cleared */
};

TAILQ_HEAD(call_list, call);

/* Takes down what h2o has read. call->denied and call->limit are decided. */
struct call *call_new(struct st_h2o_req_t *req, struct broker *broker, const struct token *token,
        const struct metrics *metrics);

/*
 * Has the API answer; a refusal is an answer, too. If after_commit is set, or the turn has changed
 * something, the answer goes out once the turn is committed. If that fails, call_answer_again().
 */
void call_answer(struct call *call);

/* Answers anew, as if nothing had been answered. */
void call_answer_again(struct call *call);

/* Makes the answer a refusal, whatever it was. */
void call_refuse(struct call *call, int error);

/* Counts the answer. */
void call_count(const struct call *call, struct metrics *metrics);

/* Counts and sends the answer. The call is h2o's afterwards. */
void call_send(struct call *call, struct metrics *metrics);

/* What of the answer's body is sent; data NULL: nothing. */
struct span call_body(const struct call *call);

#endif

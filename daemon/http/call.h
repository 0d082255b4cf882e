/*
 * A call: one request and its answer. It lives in the memory pool of h2o's request; both are erased
 * when h2o clears the pool.
 */
#ifndef GHOSTKEYD_HTTP_CALL_H
#define GHOSTKEYD_HTTP_CALL_H

#include <sys/queue.h>

#include "broker/fault.h"
#include "http/answer.h"
#include "http/delayed.h"
#include "http/mention.h"
#include "http/request.h"
#include "model/problem.h"

struct api;
struct api_context;
struct broker;
struct connection;
struct metrics;
struct operation;
struct request_ring;

struct call {
    struct request request;
    struct answer answer;
    int denied; /* GK_E_FORBIDDEN or GK_E_UNAUTHORIZED: neither routed nor served; or 0 */
    int limit;  /* GK_E_TOO_LARGE, GK_E_EXPECTATION or GK_E_BAD_REQUEST (api.h, serve); or 0 */
    const struct api *api;
    const struct operation *operation; /* NULL: not known */
    const struct api_context *context;
    bool is_tcp;           /* it came over TCP, not over a Unix socket */
    struct broker *broker; /* the context's */
    const struct metrics *metrics;
    struct request_ring *requests; /* that were answered */
    struct span named_in_path;     /* the API's: the name in the path, as it was sent */
    const void *decoded;           /* what the API has decoded for its handler */
    bool after_commit;             /* the answer waits for the end of the turn */

    /* What the API says of the request (call_begin()), beside named and told. */
    bool reads_current; /* it asks for a current value, by neither version nor stage */

    const char *fault; /* the id of the rule that fired, kept as long; NULL: none did */
    bool is_closed;    /* by a fault: the connection is closed without an answer */
    bool is_stale;     /* the previous version is to be told in place of the current one */
    bool has_begun;    /* the rule was chosen: it is not chosen again (call_answer_again()) */
    struct fault_effect effect; /* of the rule that fired */

    /* HTTP's own: an API does not look at these. */
    struct call_list *list; /* the list in which it waits for the end of the turn, or NULL */
    TAILQ_ENTRY(call) link;
    struct delayed delayed;
    struct st_h2o_req_t *req;
    struct st_h2o_ostream_t *refusal; /* sends the answer if h2o has refused the request; or NULL */
    struct connection *connection;
    uint64_t came_ns; /* clock_ticks_ns() */

    /* Of what follows only the beginnings are cleared for each request. */
    char fault_place[GK_FAULT_ID_MAX_BYTES + 1];
    struct problem problem;

    /* What the API says of the request (call_begin()); it is kept until the answer was sent. */
    struct mentions named; /* the secrets that it names, in its order */
    struct mentions told;  /* the versions whose values the answer holds */
};

TAILQ_HEAD(call_list, call);

/* Takes the request that h2o has read. */
struct call *call_new(struct st_h2o_req_t *req, const struct api_context *context,
        const struct metrics *metrics, struct request_ring *requests);

/* Finds the API, and sets call->denied and call->limit. A turn is open, or nothing is due. */
void call_judge(struct call *call);

/* A copy of the text that is valid until the answer is sent, for a header of it. */
struct span call_keep(struct call *call, struct span text);

/*
 * Lets the API answer or refuse. If after_commit is set, or the turn has changed something, the
 * answer is sent once the turn is committed; if that fails, call_answer_again() comes first.
 */
void call_answer(struct call *call);

/* Drops the answer and lets the API answer again. */
void call_answer_again(struct call *call);

/* Replaces the answer by a refusal. */
void call_refuse(struct call *call, int error);

/*
 * Called once for each call, when its answer is ready and goes out, or the connection is closed
 * without one: counts it, remembers it, and logs the request if that is asked for.
 */
void call_count(const struct call *call, struct metrics *metrics);

/* Counts the answer that is to be sent now, and gives what a fault leaves of its body. */
struct span call_end(struct call *call, struct metrics *metrics);

/* Counts and sends the answer. h2o may free the call at once. */
void call_send(struct call *call, struct metrics *metrics);

/* The body that is sent; data NULL: none (HEAD, 304). */
struct span call_body(const struct call *call);

#endif

/*
 * A connection to the daemon, and requests to it (contract, section 3): JSON in, JSON out. The
 * operations are in broker_verbs.h.
 *
 * Each returns an exit status. If that is not 0, the daemon refused or could not be asked, the
 * reason has been printed on standard error, and `ret_answer` is untouched.
 *
 * The caller has checked the names of secrets (secret_name_check).
 */
#ifndef GHOSTCTL_BROKER_CLIENT_H
#define GHOSTCTL_BROKER_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "wire/target.h"

struct broker_client;

/* An answer's bytes, and the JSON object that they are. A value borrowed from it is valid as long
 * as it is. */
struct broker_answer {
    struct buffer body;
    json_t *document;
};

void broker_answer_deinit(struct broker_answer *answer);
#define BROKER_ANSWER_AUTO GK_CLEANUP(broker_answer_deinit)

/* Prints why the daemon at `target` cannot be reached; returns GK_EXIT_UNREACHABLE as a rule. */
int broker_unreachable(const struct target *target, int error);

/* Prints that an answer is not as the contract promises, and how; returns GK_EXIT_FAILED. */
int broker_answer_misunderstood(const char *fault);

/* GK_EXIT_UNREACHABLE if no daemon answers there; the message says how to start one. */
int broker_client_open(const struct target *target, struct broker_client **ret_broker);
/*
 * The same, but as long as nothing listens there it tries again, for wait_ms at most. signals.h:
 * the wait ends as well once ghostctl is interrupted.
 */
int broker_client_await(
        const struct target *target, int64_t wait_ms, struct broker_client **ret_broker);
struct broker_client *broker_client_close(struct broker_client *broker);

static inline void broker_client_closep(struct broker_client **broker) {
    *broker = broker_client_close(*broker);
}
#define BROKER_CLIENT_AUTO GK_CLEANUP(broker_client_closep)

/* Where the daemon is, for messages. */
const char *broker_client_shown(const struct broker_client *broker);

/* The last request was refused by a fault rule of the daemon. */
bool broker_client_met_fault(const struct broker_client *broker);

/* The last exchange broke, so the next one will as well. */
bool broker_client_is_broken(const struct broker_client *broker);

struct broker_condition {
    const char *if_match; /* a revision, or "*"; NULL: none */
    bool create;          /* only if there is no secret of that name */
};

struct broker_request {
    const char *method;
    const char *route;  /* GK_ROUTE_... */
    const char *name;   /* of the secret: it follows the route; NULL: none */
    const char *query;  /* from its '?' on, percent-encoded; NULL: none */
    const json_t *body; /* NULL: none */
    struct broker_condition condition;
    bool takes_long; /* the daemon may work on it for as long as it needs */
    int unprinted;   /* the status of a refusal that is not printed, except a fault's; 0: none */
};

int broker_ask(struct broker_client *broker, const struct broker_request *request,
        struct broker_answer *ret_answer);

/*
 * One of several requests, where each is sent before the one before it is answered. The daemon
 * handles them in this order, and broker_finish() takes their answers in it. `more`: another one is
 * begun at once. `ret_answer` NULL: the answer is not wanted.
 */
void broker_begin(struct broker_client *broker, const struct broker_request *asked, bool more);
int broker_finish(struct broker_client *broker, struct broker_answer *ret_answer);

/*
 * A GET of that path and query in two steps, so that the daemon works on it meanwhile. `goes_on`:
 * it continues the list that the last request began (timeout.h).
 */
void broker_page_begin(struct broker_client *broker, const char *path, bool goes_on);
int broker_page_finish(struct broker_client *broker, struct buffer *ret_page);

/*
 * A GET of that path and query, whose answer has no bound: take() gets each piece as it comes,
 * until it returns false.
 */
typedef bool (*broker_take_piece)(void *userdata, struct span piece);
int broker_ask_in_pieces(
        struct broker_client *broker, const char *path, broker_take_piece take, void *userdata);

/* Reads the object in answer->body into answer->document. */
int broker_answer_read(struct broker_answer *answer);

#endif

/*
 * The operations of the REST contract (section 3) as functions: one each, JSON in and out.
 *
 * Each returns an exit status. GK_EXIT_DONE: the daemon did it, and `ret_answer` holds what it
 * said. Anything else: it was refused or could not be asked, the message of the problem document
 * has been said on standard error, and `ret_answer` is untouched.
 *
 * Names given here have been checked (secret_name_check).
 */
#ifndef GHOSTCTL_BROKER_CLIENT_H
#define GHOSTCTL_BROKER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/buffer.h"
#include "wire/target.h"

struct broker_client;

/* What the daemon said: its bytes, and what they mean. Borrowed values live as long as it does. */
struct broker_answer {
    struct buffer body;
    json_t *document;
};

void broker_answer_deinit(struct broker_answer *answer);
#define BROKER_ANSWER_AUTO GK_CLEANUP(broker_answer_deinit)

/* Says why the daemon refused, from its problem document; returns the exit status for it. */
int broker_refused(int status, const struct buffer *body);

/* Says that nobody answers at `target`, and how to start the daemon; GK_EXIT_UNREACHABLE. */
int broker_unreachable(const struct target *target, int error);

/* Says that an answer lacks what the contract promises; returns GK_EXIT_FAILED. */
int broker_answer_misunderstood(const char *lacking);

/* GK_EXIT_UNREACHABLE, said with how to start the daemon, if nobody answers there. */
int broker_client_open(const struct target *target, struct broker_client **ret_broker);
struct broker_client *broker_client_close(struct broker_client *broker);

static inline void broker_client_closep(struct broker_client **broker) {
    *broker = broker_client_close(*broker);
}
#define BROKER_CLIENT_AUTO GK_CLEANUP(broker_client_closep)

/* The last exchange broke: others will as well. */
bool broker_client_is_broken(const struct broker_client *broker);

/* Digits as a number, else text for the daemon to judge; NULL if it is not UTF-8. */
json_t *broker_number_or_text(const char *text);
struct broker_put_condition {
    const char *if_match; /* a revision, or "*"; NULL: none */
    bool create;          /* only if there is none */
};

int broker_put(struct broker_client *broker, const char *name, const json_t *definition,
        const struct broker_put_condition *condition, struct broker_answer *ret_answer);

/*
 * The same for many, each begun before the one before it is answered: the daemon takes them in this
 * order, and broker_put_finish() takes the answers in it. `more`: another one is begun at once.
 * `ret_answer` NULL: not wanted.
 */
int broker_put_begin(struct broker_client *broker, const char *name, const json_t *definition,
        const struct broker_put_condition *condition, bool more);
int broker_put_finish(struct broker_client *broker, struct broker_answer *ret_answer);

/* `version` NULL: the current one. */
int broker_get(struct broker_client *broker, const char *name, const char *version,
        struct broker_answer *ret_answer);
int broker_describe(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer);
int broker_rotate(struct broker_client *broker, const char *name, struct broker_answer *ret_answer);
int broker_delete(struct broker_client *broker, const char *name, struct broker_answer *ret_answer);

int broker_cleanup(struct broker_client *broker, struct broker_answer *ret_answer);
int broker_clock(struct broker_client *broker, struct broker_answer *ret_answer);

/* `by`: seconds, or as in "1h30m". `to`: RFC 3339. The daemon judges both. */
int broker_clock_advance(
        struct broker_client *broker, const char *by, struct broker_answer *ret_answer);
int broker_clock_set(
        struct broker_client *broker, const char *to, struct broker_answer *ret_answer);

/* One page, of at most GK_PAGE_MAX events, after that number. */
int broker_events(
        struct broker_client *broker, const char *after, struct broker_answer *ret_answer);
int broker_status(struct broker_client *broker, struct broker_answer *ret_answer);

#endif

/*
 * The operations of the REST contract (section 3) as functions: JSON in, JSON out.
 *
 * Each returns an exit status. If that is not 0, the daemon refused or could not be asked, the
 * reason has been printed on standard error, and `ret_answer` is untouched.
 *
 * The caller has checked the names of secrets (secret_name_check).
 */
#ifndef GHOSTCTL_BROKER_CLIENT_H
#define GHOSTCTL_BROKER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

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

/*
 * Sets how the sentence of a refusal is shown; without it, as it is. It holds for the whole
 * process, which runs one command.
 */
typedef void (*broker_wording)(const void *userdata, const char *detail, struct buffer *shown);
void broker_set_wording(broker_wording append, const void *userdata);

/* Prints why the daemon refused, from its problem document; returns the exit status for it. */
int broker_refused(int status, const struct buffer *body);

/* Prints why the daemon at `target` cannot be reached; returns GK_EXIT_UNREACHABLE as a rule. */
int broker_unreachable(const struct target *target, int error);

/* Prints that an answer is not as the contract promises; returns GK_EXIT_FAILED. */
int broker_answer_misunderstood(const char *lacking);

/* GK_EXIT_UNREACHABLE if no daemon answers there; the message says how to start one. */
int broker_client_open(const struct target *target, struct broker_client **ret_broker);
struct broker_client *broker_client_close(struct broker_client *broker);

static inline void broker_client_closep(struct broker_client **broker) {
    *broker = broker_client_close(*broker);
}
#define BROKER_CLIENT_AUTO GK_CLEANUP(broker_client_closep)

/* Where the daemon is, for messages. */
const char *broker_client_shown(const struct broker_client *broker);

/* The last exchange broke, so the next one will as well. */
bool broker_client_is_broken(const struct broker_client *broker);

/* Digits as a number; other text as a string, which the daemon judges. NULL if it is not UTF-8. */
json_t *broker_number_or_text(const char *text);

struct broker_put_condition {
    const char *if_match; /* a revision, or "*"; NULL: none */
    bool create;          /* only if there is no secret of that name */
};

int broker_put(struct broker_client *broker, const char *name, const json_t *definition,
        const struct broker_put_condition *condition, struct broker_answer *ret_answer);

/*
 * The same for several secrets, where each put is sent before the one before it is answered. The
 * daemon handles them in this order, and broker_put_finish() takes their answers in it. `more`:
 * another put is begun at once. `ret_answer` NULL: the answer is not wanted.
 */
void broker_put_begin(struct broker_client *broker, const char *name, const json_t *definition,
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

/* `by`: seconds, or a duration such as "1h30m". `to`: RFC 3339. The daemon judges both. */
int broker_clock_advance(
        struct broker_client *broker, const char *by, struct broker_answer *ret_answer);
int broker_clock_set(
        struct broker_client *broker, const char *to, struct broker_answer *ret_answer);

/* The events after that number, GK_PAGE_MAX of them at most. */
int broker_events(
        struct broker_client *broker, const char *after, struct broker_answer *ret_answer);
int broker_status(struct broker_client *broker, struct broker_answer *ret_answer);

/* The number of the last event, and how many secrets there are: from the status. */
int broker_count(struct broker_client *broker, json_int_t *ret_seq, size_t *ret_secrets);

/*
 * A GET of that path and query in two steps, so that the daemon works on it meanwhile. `goes_on`:
 * it continues the list that the last request began (timeout.h).
 */
void broker_page_begin(struct broker_client *broker, const char *path, bool goes_on);
int broker_page_finish(struct broker_client *broker, struct buffer *ret_page);

/* Reads the object in answer->body into answer->document. */
int broker_answer_read(struct broker_answer *answer);

#endif

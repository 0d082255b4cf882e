/*
 * The operations of the REST contract (section 3) as functions. As in broker_client.h each returns
 * an exit status, and the reason of a failure has been printed.
 */
#ifndef GHOSTCTL_BROKER_VERBS_H
#define GHOSTCTL_BROKER_VERBS_H

#include "wire/broker_client.h"

/* Digits as a number; other text as a string, which the daemon judges. NULL if it is not UTF-8. */
json_t *broker_number_or_text(const char *text);

/* `parameter`: "version" or "stage", with its value; NULL: the current version. */
int broker_get(struct broker_client *broker, const char *name, const char *parameter,
        const char *value, struct broker_answer *ret_answer);
int broker_describe(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer);

/* `pending`: the new version does not come into force yet. */
int broker_rotate(struct broker_client *broker, const char *name, bool pending,
        struct broker_answer *ret_answer);

/* A POST to GK_ROUTE_PROMOTE, _DISCARD or _RESTORE. version 0: none is named. */
int broker_stage(struct broker_client *broker, const char *route, const char *name,
        json_int_t version, struct broker_answer *ret_answer);

/* `recover`: for how long the secret can be restored; NULL: not at all. The daemon judges it. */
int broker_delete(struct broker_client *broker, const char *name, const char *recover,
        struct broker_answer *ret_answer);

int broker_cleanup(struct broker_client *broker, struct broker_answer *ret_answer);

/* Makes the state agree with the document. It is sent as it is. */
int broker_apply(struct broker_client *broker, const json_t *document, bool prune, bool dry_run,
        struct broker_answer *ret_answer);

/* Gives the document of all there is to take(), piece by piece. */
int broker_dump(struct broker_client *broker, bool values, broker_take_piece take, void *userdata);

/* Forgets everything, whatever kind of clock the daemon has. */
int broker_reset(struct broker_client *broker, struct broker_answer *ret_answer);

int broker_clock(struct broker_client *broker, struct broker_answer *ret_answer);

/* `by`: seconds, or a duration such as "1h30m". `to`: RFC 3339. The daemon judges both. */
int broker_clock_advance(
        struct broker_client *broker, const char *by, struct broker_answer *ret_answer);
int broker_clock_set(
        struct broker_client *broker, const char *to, struct broker_answer *ret_answer);

/* A fault rule of that id. `rule`: as the contract's section 11 says. The daemon judges both. */
int broker_fault_put(struct broker_client *broker, const char *id, const json_t *rule,
        struct broker_answer *ret_answer);
int broker_fault_remove(
        struct broker_client *broker, const char *id, struct broker_answer *ret_answer);

/* All fault rules; `method`: GET or DELETE. */
int broker_faults(
        struct broker_client *broker, const char *method, struct broker_answer *ret_answer);

/* The events after that number, GK_PAGE_MAX of them at most. */
int broker_events(
        struct broker_client *broker, const char *after, struct broker_answer *ret_answer);
/* Who read which version of a secret last. */
int broker_readers(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer);

/* All requests that are kept. */
int broker_requests(struct broker_client *broker, struct broker_answer *ret_answer);

/* A code by which the page gets a token. */
int broker_page_code(struct broker_client *broker, struct broker_answer *ret_answer);

int broker_status(struct broker_client *broker, struct broker_answer *ret_answer);

/* The number of the last event, and how many secrets there are: from the status. */
int broker_count(struct broker_client *broker, json_int_t *ret_seq, size_t *ret_secrets);

#endif

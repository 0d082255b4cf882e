/*
 * Lists of secrets, page by page (contract, section 3), and what tells whether their pages are of
 * one moment. As in broker_client.h each function returns an exit status, and what is wrong has
 * been said.
 */
#ifndef GHOSTCTL_BROKER_PAGES_H
#define GHOSTCTL_BROKER_PAGES_H

#include "wire/broker_client.h"

struct broker_list_query {
    const char *prefix;  /* NULL: all */
    const char *after;   /* NULL: from the first */
    const char *expired; /* "include", "exclude" or "only" */
    int limit;           /* secrets in a page; 0: GK_PAGE_MAX, the most */
    bool values;
};

/* One page, of at most GK_PAGE_MAX secrets. */
int broker_list(struct broker_client *broker, const struct broker_list_query *query,
        struct broker_answer *ret_answer);

/*
 * Page after page: begin with the first; then finish one and go on with the `next` that it holds
 * and the number of secrets in it, until `next` is NULL. The daemon is asked for the page after the
 * one that is finished while that is being read, so nothing else may be asked in between.
 *
 * `secrets`: how many there were by the daemon's own count. A list that does not come to an end, or
 * that goes back, is given up on when going on.
 */
void broker_list_begin(
        struct broker_client *broker, const struct broker_list_query *query, size_t secrets);
int broker_list_finish(struct broker_client *broker, const struct broker_list_query *query,
        struct broker_answer *ret_answer);
int broker_list_finish_page(/* the bytes of the page as they came */
        struct broker_client *broker, const struct broker_list_query *query,
        struct buffer *ret_page);
int broker_list_go_on(struct broker_client *broker, const struct broker_list_query *query,
        const char *next, size_t count);

/* The number of the last event, and of the secrets there are. */
int broker_count(struct broker_client *broker, json_int_t *ret_seq, size_t *ret_secrets);

/* Whether a secret whose name begins with `prefix` (NULL: any) has had an event since that one. */
int broker_has_changed(
        struct broker_client *broker, json_int_t since, const char *prefix, bool *ret_changed);

/* Warns that the pages of a list are not of one moment. */
void broker_warn_changed(void);

/* The `secrets` of a page, borrowed, and the name its `next` holds, or NULL at the end. */
int broker_page_read(const struct broker_answer *page, json_t **ret_secrets, const char **ret_next);

#endif

/*
 * Lists of secrets (contract, section 3), read page after page. As in broker_client.h each function
 * returns an exit status, and the reason has been printed.
 *
 * If a secret changes while several pages are read, all are read again, so that the pages that
 * count show one moment. If that happens each time, the last reading counts, and a warning says
 * that each page shows a moment of its own.
 */
#ifndef GHOSTCTL_SECRET_LIST_H
#define GHOSTCTL_SECRET_LIST_H

#include "wire/broker_verbs.h"
#include "wire/secret_view.h"

struct secret_query {
    const char *prefix;  /* NULL: all */
    const char *expired; /* "include", "exclude" or "only" */
    const char *deleted; /* the same, for secrets that are there without a value; NULL: "exclude" */
    const char *label;   /* a label's name, or NAME=VALUE; NULL: any */
    int limit;           /* secrets in a page; 0: GK_PAGE_MAX, the most */
    bool values;
};

/* The views are in byte order of names. They and the answer last until the next page. */
struct secret_list_page {
    const struct broker_answer *answer;
    const struct secret_view *views;
    size_t count;
    bool is_first;
    bool is_last;
};

struct secret_list_reader {
    /*
     * Called before the first page of each reading: what was read before does not count. False:
     * that is not possible; a warning says so, and the reading ends with 0. NULL: nothing to do.
     */
    bool (*begin)(void *userdata);

    /* An exit status; any but 0 ends the reading with it. */
    int (*take)(void *userdata, const struct secret_list_page *page);

    /*
     * In place of `take`: reads the bytes of a page as they came. *ret_next (the name after which
     * the next page begins, NULL on the last page) lasts until the next call.
     */
    int (*take_bytes)(
            void *userdata, struct buffer *page, size_t *ret_count, const char **ret_next);

    void *userdata;
};

int secret_list_read(struct broker_client *broker, const struct secret_query *query,
        const struct secret_list_reader *reader);

/* The first page alone. *ret_is_all: there is no other. */
int secret_list_read_first(struct broker_client *broker, const struct secret_query *query,
        const struct secret_list_reader *reader, bool *ret_is_all);

#endif

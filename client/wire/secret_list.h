/*
 * All secrets that a query finds, page after page, of which one is held in memory at a time. If one
 * of them changed while several pages were read, they are read anew, so that what was taken last is
 * how they were at one moment. If that happens again and again, what was read last counts, and it
 * is warned that each page is of a moment of its own.
 */
#ifndef GHOSTCTL_SECRET_LIST_H
#define GHOSTCTL_SECRET_LIST_H

#include <stddef.h>

#include "wire/broker_pages.h"
#include "wire/secret_view.h"

/* The views are of what the page has, in byte order of names; both last until the next page. */
struct secret_list_page {
    const struct broker_answer *answer;
    const struct secret_view *views;
    size_t count;
    bool is_first;
    bool is_last;
};

struct secret_list_taker {
    /*
     * Called before the first page, and whenever all are read anew: what was taken up to then does
     * not count. False: it is too late for that, which is warned of, and the reading ends well.
     */
    bool (*begin)(void *userdata);

    /* An exit status; other than GK_EXIT_DONE ends the reading with it. */
    int (*take)(void *userdata, const struct secret_list_page *page);

    void *userdata;
};

/* An exit status, said. The query's `after` is not looked at. */
int secret_list_read(struct broker_client *broker, const struct broker_list_query *query,
        const struct secret_list_taker *taker);

#endif

/*
 * All secrets that a query finds, over as many pages as it takes, as they were at one moment: if
 * the broker changed anything while several pages were read, they are read again.
 */
#ifndef GHOSTCTL_SECRET_LIST_H
#define GHOSTCTL_SECRET_LIST_H

#include <stddef.h>

#include "broker_client.h"
#include "secret_view.h"

struct secret_list {
    struct broker_answer *pages;
    size_t page_count;
    struct secret_view *views; /* into the pages, in byte order of names */
    size_t count;
};

/* An exit status, said. The query's `after` is not looked at. */
int secret_list_fetch(struct broker_client *broker, const struct broker_list_query *query,
        struct secret_list *ret_list);
void secret_list_deinit(struct secret_list *list);

/* The pages as the one page they would be, and a newline, to standard output. */
void secret_list_print_json(struct secret_list *list);

#endif

/* What the files of broker_client share. */
#ifndef GHOSTCTL_BROKER_INTERNAL_H
#define GHOSTCTL_BROKER_INTERNAL_H

#include "wire/broker_client.h"
#include "wire/broker_pages.h"
#include "wire/http.h"

/* A list that is read page by page. */
struct broker_walk {
    char *after;       /* where the page that was finished last ends; NULL: it was the first */
    char *asked;       /* where the page that has been asked for begins; NULL: none has been */
    size_t count;      /* of secrets and pages so far */
    size_t count_most; /* of a list that comes to an end */
};

/* Where to look if the daemon does not answer. */
#define STATUS_HINT \
    "if systemd should run it, 'systemctl --user status ghostkey.service' says why it does not"

struct broker_client {
    struct http_client *http;
    char *shown; /* where the daemon is */
    bool broken;
    size_t largest_put_bytes; /* of a body that was sent */
    struct broker_walk walk;
};

/* Says that an exchange broke; returns GK_EXIT_FAILED. */
int broker_say_broken(const struct broker_client *broker, const struct http_request *request);

/* What an exchange that was not broken says: to `ret_answer`, or why it is none. */
int broker_understand(int status, struct broker_answer *answer, struct broker_answer *ret_answer);

/* The path and query of a page. */
void broker_append_list_path(const struct broker_list_query *query, struct buffer *path);

#endif

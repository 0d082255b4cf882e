/*
 * What a wire API offers to HTTP. Each API is a folder in daemon/api/ and a line in api_table.c.
 * HTTP reads requests and sends answers. The API knows the paths, finds the token and decodes the
 * body.
 */
#ifndef GHOSTKEYD_HTTP_API_H
#define GHOSTKEYD_HTTP_API_H

#include "common/span.h"

struct answer;
struct call;
struct problem;
struct request;

/* What a client may ask for. */
struct operation {
    const char *label; /* in metrics; shared by the methods of one path */
    const char *method;
    int (*handle)(struct call *call);
    unsigned int parameters; /* of its query: bits that the API defines */
    bool changes;            /* it works in the turn's transaction */
};

struct api {
    const char *name;
    const struct operation *operations; /* those of one label are adjacent */
    size_t operation_count;

    /* Whether this API answers the request. */
    bool (*claims)(const struct request *request);

    /* The request's token; data NULL: none. */
    struct span (*token)(const struct request *request);

    /*
     * Sets call->operation. GK_E_NO_ROUTE: there is no such path. GK_E_METHOD: the operation is
     * another one of that path, for the metrics.
     */
    int (*route)(struct call *call);

    /*
     * Decodes what call->operation needs, does it and fills in the answer. If call->limit is not
     * 0, returns that once the rest of the head has been checked.
     */
    int (*serve)(struct call *call);

    /* Fills in the answer to a request that was refused, in the API's own form. */
    void (*refuse)(struct answer *answer, int outcome, const struct problem *problem);
};

/* The last API claims every request. */
extern const struct api *const apis[];
extern const size_t api_count;

/* The API that answers the request. */
const struct api *api_of(const struct request *request);

/* The operation's number among those of all APIs. */
size_t api_operation_number(const struct operation *operation);

#endif

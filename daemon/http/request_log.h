/* The line of a request in the log (--log requests). It has neither a name nor a value. */
#ifndef GHOSTKEYD_HTTP_REQUEST_LOG_H
#define GHOSTKEYD_HTTP_REQUEST_LOG_H

#include "common/span.h"
#include <stdint.h>

struct operation;

/* A request that was answered. */
struct logged_request {
    int unix_fd;       /* the connection, whose peer is named; -1: TCP, where the agent is */
    struct span agent; /* what the client says of itself */
    const char *api;
    const struct operation *operation; /* NULL: not known */
    int status;
    uint64_t taken_ns;
};

void request_log(const struct logged_request *request);

#endif

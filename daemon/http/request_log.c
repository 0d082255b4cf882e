#include "http/request_log.h"

#include <inttypes.h>

#include "http/api.h"
#include "http/observe.h"
#include "process/log.h"

#define NS_PER_US 1000

void request_log(const struct answered *answered) {
    const struct operation *operation = answered->operation;
    struct span peer = answered->peer != NULL ? peer_text(answered->peer) : SPAN_LITERAL("-");
    char status[DECIMAL_MAX_BYTES + 1] = "-";

    if (answered->status != 0) {
        status[decimal_format((uint64_t)answered->status, status)] = '\0';
    }
    log_info("%.*s %s %s%s%s %s %" PRIu64 "us", SPAN_ARGS(peer), answered->api,
            operation != NULL ? operation->method : "-", operation != NULL ? " " : "",
            operation != NULL ? operation->label : "", status, answered->taken_ns / NS_PER_US);
}

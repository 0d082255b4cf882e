#include "http/request_log.h"

#include "http/api.h"
#include "http/observe.h"
#include "process/log.h"
#include <inttypes.h>

#define NS_PER_US 1000

void request_log(const struct answered *answered) {
    const struct operation *operation = answered->operation;
    struct span peer = answered->peer != NULL ? peer_text(answered->peer) : SPAN_LITERAL("-");

    log_info("%.*s %s %s%s%s %d %" PRIu64 "us", SPAN_ARGS(peer), answered->api,
            operation != NULL ? operation->method : "-", operation != NULL ? " " : "",
            operation != NULL ? operation->label : "", answered->status,
            answered->taken_ns / NS_PER_US);
}

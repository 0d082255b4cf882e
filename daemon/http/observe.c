#include "http/observe.h"

#include "broker/broker.h"
#include "broker/events.h"
#include "broker/readers.h"
#include "http/api.h"

static void add_request(
        struct broker *broker, struct request_ring *requests, const struct answered *answered) {
    struct seen_request *request =
            request_ring_add(requests, answered->peer, answered->name, answered->fault);

    request->at = broker_now(broker);
    request->api = answered->api;
    request->operation = answered->operation != NULL ? answered->operation->name : NULL;
    request->status = answered->status;
    request->taken_ns = answered->taken_ns;
}

static void note_reads(struct broker *broker, const struct answered *answered) {
    struct mention told;
    size_t at = 0;

    while (mentions_next(answered->told, &at, &told)) {
        const struct value_read read = {
                .name = told.name,
                .version = told.version,
                .revision = told.revision,
                .peer = answered->peer,
                .api = answered->api,
                .at = broker_now(broker),
        };

        broker_note_read(broker, &read);
    }
}

void observe(
        struct broker *broker, struct request_ring *requests, const struct answered *answered) {
    if (answered->operation == NULL || !answered->operation->is_unlisted) {
        add_request(broker, requests, answered);
    }
    if (answered->told != NULL && answered->told->first.name.data != NULL &&
            answered->peer != NULL) {
        note_reads(broker, answered);
    }
    /* a reset forgets its own request, too: what follows is as after a start */
    if (requests->resets != broker_resets(broker)) {
        request_ring_clear(requests);
        requests->resets = broker_resets(broker);
    }
}

#include "api/aws/request_id.h"

#include "broker/broker.h"
#include "broker/derive.h"
#include "broker/events.h"
#include "http/call.h"

static uint64_t count;
static uint64_t counted_since; /* broker_resets() */

void request_id_set(struct call *call) {
    BUFFER_AUTO struct buffer id = BUFFER_NULL;
    char decimal[DECIMAL_MAX_BYTES];
    struct span parts[] = {SPAN_LITERAL("aws-request"), {decimal, 0}};
    struct keystream *stream;

    if (broker_resets(call->broker) != counted_since) {
        counted_since = broker_resets(call->broker);
        count = 0;
    }
    parts[1].len = decimal_format(count, decimal);
    count += 1;
    stream = broker_derive(call->broker, parts, sizeof(parts) / sizeof(parts[0]));
    keystream_uuid(stream, &id);
    if (keystream_finish(stream) == 0 && buffer_finish(&id) == 0) {
        answer_add_header(&call->answer, "x-amzn-RequestId", call_keep(call, buffer_span(&id)));
    }
    keystream_stop(stream);
}

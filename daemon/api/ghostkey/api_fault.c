/* The fault rules of this API: shown, made and removed. */
#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request_fault.h"

/* Answers with the rule whose id is in the path. */
static int answer_fault(struct call *call) {
    const struct fault *fault;
    int error = broker_fault_get(call->broker, arguments_of(call)->id, &fault, &call->problem);

    if (error != 0) {
        return error;
    }
    reply_fault(answer_json(call), fault);
    return 0;
}

int handle_get_fault(struct call *call) {
    return answer_fault(call);
}

int handle_put_fault(struct call *call) {
    struct fault_rule rule;
    int error =
            request_decode_fault(call->request.body, arguments_of(call)->id, &rule, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_fault_put(call->broker, &rule, &call->problem);
    return error != 0 ? error : answer_fault(call);
}

/* Answers with the rule, which must be read before it is removed. */
int handle_delete_fault(struct call *call) {
    int error = answer_fault(call);

    if (error != 0) {
        return error;
    }
    return broker_fault_delete(call->broker, arguments_of(call)->id, &call->problem);
}

int handle_list_faults(struct call *call) {
    struct buffer *body = answer_json(call);
    const struct fault *faults;
    size_t count;
    int error = broker_fault_list(call->broker, &faults, &count);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(body, "{\"faults\":[");
    for (size_t at = 0; at < count; at++) {
        buffer_append_text(body, at > 0 ? "," : "");
        reply_fault(body, &faults[at]);
    }
    buffer_append_literal(body, "]}");
    return 0;
}

/* Answers with the ids of all rules, which must be read before they are removed. */
int handle_delete_faults(struct call *call) {
    struct buffer *body = answer_json(call);
    const struct fault *faults;
    size_t count;
    int error = broker_fault_list(call->broker, &faults, &count);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(body, "{\"removed\":[");
    for (size_t at = 0; at < count; at++) {
        buffer_append_text(body, at > 0 ? "," : "");
        json_write_text(body, span_of(faults[at].rule.id));
    }
    buffer_append_literal(body, "]}");
    return broker_fault_delete_all(call->broker);
}

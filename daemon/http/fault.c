#include "http/fault.h"

#include "ghostkey/error.h"
#include "http/api.h"
#include "http/call.h"
#include "http/metrics.h"

#define NAMES_MAX 20 /* no request names more */

static int choose(struct call *call) {
    struct span names[NAMES_MAX];
    struct fault_request request = {
            .number = api_operation_number(call->operation),
            .api = call->api->name,
            .operation = call->operation->name,
            .class = operation_class_text(call->operation->class),
            .names = names,
    };
    const struct fault_rule *rule;
    struct mention mention;
    size_t at = 0;
    int error;

    while (request.name_count < NAMES_MAX && mentions_next(&call->named, &at, &mention)) {
        names[request.name_count++] = mention.name;
    }
    error = broker_fault_choose(call->broker, &request, &rule);
    if (error != 0 || rule == NULL) {
        return error;
    }
    memcpy(call->fault_place, rule->id, sizeof(call->fault_place));
    call->fault = call->fault_place;
    call->effect = rule->effect;
    return 0;
}

/* ghostctl has several requests under way, so the sentence says which secret it is about. */
static int refuse(struct call *call) {
    struct mention mention;
    struct mention second;
    size_t at = 0;

    if (mentions_next(&call->named, &at, &mention) && !mentions_next(&call->named, &at, &second)) {
        return problem_set(&call->problem, GK_E_FAULT, "'%.*s' is " FAULT_SENTENCE,
                SPAN_ARGS(mention.name), call->fault);
    }
    return problem_set(&call->problem, GK_E_FAULT, FAULT_SENTENCE, call->fault);
}

static int begin(struct call *call) {
    if (!call->has_begun) {
        int error = choose(call);

        if (error != 0) {
            return error;
        }
        call->has_begun = true;
    }
    call->answer.fault = call->fault;
    if (call->effect.delay_ms > 0 && metrics_waiting(call->metrics) >= GK_STREAMS_MAX) {
        call->effect = (struct fault_effect){.kind = FAULT_DELAY};
        return GK_E_BUSY;
    }
    switch (call->effect.kind) {
    case FAULT_DROP_BEFORE:
        call->is_closed = true;
        return GK_E_FAULT;
    case FAULT_ERROR:
    case FAULT_STATUS:
        return refuse(call);
    case FAULT_STALE:
        call->is_stale = call->reads_current;
        return 0;
    default:
        return 0;
    }
}

int call_begin(struct call *call) {
    int error = 0;

    if (call->operation->name != NULL && (call->has_begun || broker_has_faults(call->broker))) {
        error = begin(call);
    }
    return error != 0 ? error : call->limit;
}

int fault_status(const struct fault_effect *effect) {
    static const int statuses[FAULT_ERROR_COUNT] = {
            [FAULT_UNAVAILABLE] = 503,
            [FAULT_INTERNAL] = 500,
            [FAULT_THROTTLED] = 429,
            [FAULT_FORBIDDEN] = 403,
            [FAULT_SEALED] = 503,
            [FAULT_NOT_FOUND] = 404,
    };

    switch (effect->kind) {
    case FAULT_ERROR:
        return statuses[effect->number];
    case FAULT_STATUS:
        return (int)effect->number;
    default:
        return gk_outcome_status(GK_E_FAULT);
    }
}

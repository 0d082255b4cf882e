#include "api/aws/fault_answer.h"

#include "api/aws/refusal.h"
#include "http/call.h"
#include "http/fault.h"

/* What AWS says of an error, whose status is 400 where no other one is here. */
static const struct {
    int status;
    const char *code;
    const char *sentence; /* NULL: that of the rule */
} errors[FAULT_ERROR_COUNT] = {
        [FAULT_UNAVAILABLE] = {503, AWS_UNAVAILABLE, NULL},
        [FAULT_INTERNAL] = {500, AWS_INTERNAL, "An error occurred on the server side."},
        [FAULT_THROTTLED] = {400, AWS_THROTTLING, "Rate exceeded"},
        [FAULT_FORBIDDEN] = {400, AWS_ACCESS_DENIED, NULL},
        [FAULT_SEALED] = {503, AWS_UNAVAILABLE, NULL},
        [FAULT_NOT_FOUND] = {400, AWS_NOT_FOUND,
                "Secrets Manager can't find the specified secret."},
};

/* The code that goes with a status. */
static const char *code_of(int status) {
    switch (status) {
    case 403:
        return AWS_ACCESS_DENIED;
    case 404:
        return AWS_NOT_FOUND;
    case 429:
        return AWS_THROTTLING;
    case 503:
        return AWS_UNAVAILABLE;
    default:
        return status >= 500 ? AWS_INTERNAL : AWS_INVALID_REQUEST;
    }
}

void fault_answer(struct call *call) {
    const char *detail = call->problem.detail;
    uint64_t number = call->effect.number;
    int status = fault_status(&call->effect);

    if (call->effect.kind == FAULT_ERROR) {
        const char *sentence = errors[number].sentence;

        refusal_write(&call->answer, errors[number].status, errors[number].code,
                span_of(sentence != NULL ? sentence : detail));
    } else {
        refusal_write(&call->answer, status, code_of(status), span_of(detail));
    }
}

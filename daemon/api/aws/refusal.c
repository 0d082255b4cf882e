#include "api/aws/refusal.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/json_writer.h"

int refuse_with(struct problem *problem, const char *code, const char *format, ...) {
    char sentence[PROBLEM_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments); /* what is too long is cut */
    va_end(arguments);
    (void)problem_set(problem, GK_E_BAD_REQUEST, "%s", sentence);
    problem->parameter = code;
    return GK_E_BAD_REQUEST;
}

int refuse_missing(struct problem *problem) {
    return refuse_with(problem, AWS_NOT_FOUND, "Secrets Manager can't find the specified secret.");
}

int refuse_deleted(struct problem *problem) {
    return refuse_with(problem, AWS_INVALID_REQUEST,
            "You can't perform this operation on the secret because it was marked for deletion.");
}

int refuse_replica(struct problem *problem) {
    return refuse_with(problem, AWS_INVALID_PARAMETER,
            "Operation not permitted on a replica secret. Call must be made in primary secret's "
            "region.");
}

/* Whether the problem is one of refuse_with(): only the broker sets a field. */
static bool has_code(const struct problem *problem) {
    return problem->field == FIELD_NONE && problem->parameter != NULL;
}

const char *refusal_code(int outcome, const struct problem *problem) {
    if (outcome > 0 && has_code(problem)) {
        return problem->parameter;
    }
    switch (outcome) {
    case GK_E_UNAUTHORIZED:
        return AWS_UNRECOGNIZED_CLIENT;
    case GK_E_FORBIDDEN:
        return AWS_ACCESS_DENIED;
    case GK_E_NO_SECRET:
    case GK_E_NO_VERSION:
        return AWS_NOT_FOUND;
    case GK_E_NO_ROUTE:
    case GK_E_METHOD:
        return AWS_UNKNOWN_OPERATION;
    case GK_E_CANNOT_ROTATE:
    case GK_E_CONFLICT:
    case GK_E_CLOCK_KIND:
    case GK_E_PRECONDITION:
        return AWS_INVALID_REQUEST;
    case GK_E_TOO_LARGE:
    case GK_E_EXPECTATION:
        return AWS_VALIDATION;
    case GK_E_BAD_REQUEST:
    case GK_E_MEDIA_TYPE:
        return AWS_INVALID_PARAMETER;
    default:
        return AWS_INTERNAL;
    }
}

const char *refusal_sentence(int outcome, const struct problem *problem) {
    switch (outcome) {
    case GK_E_UNAUTHORIZED:
        return "The security token included in the request is invalid.";
    case GK_E_NO_SECRET:
        return "Secrets Manager can't find the specified secret.";
    default:
        return outcome > 0 && problem->detail[0] != '\0' ? problem->detail
                                                         : gk_outcome_sentence(outcome);
    }
}

/* AWS answers 400 to whatever the client did wrong, and 403 to a client that it does not know. */
static int status_of(int outcome) {
    int status = gk_outcome_status(outcome);

    if (status >= 500) {
        return status;
    }
    return outcome == GK_E_UNAUTHORIZED || outcome == GK_E_FORBIDDEN ? 403 : 400;
}

void refusal_write(struct answer *answer, int status, const char *code, struct span sentence) {
    answer->status = status;
    answer->media = MEDIA_AWS_JSON;
    buffer_append_literal(&answer->body, "{\"__type\":");
    json_write_text(&answer->body, span_of(code));
    buffer_append_literal(&answer->body, ",\"Message\":");
    json_write_text(&answer->body, sentence);
    buffer_append_literal(&answer->body, ",\"message\":");
    json_write_text(&answer->body, sentence);
    buffer_append_literal(&answer->body, "}");
}

void refusal_answer(struct answer *answer, int outcome, const struct problem *problem) {
    refusal_write(answer, status_of(outcome), refusal_code(outcome, problem),
            span_of(refusal_sentence(outcome, problem)));
}

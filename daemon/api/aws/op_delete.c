#include "api/aws/arn.h"
#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "broker/staging.h"
#include "common/json_writer.h"

#define WINDOW_MIN_DAYS 7
#define WINDOW_MAX_DAYS 30
#define S_PER_DAY 86400

static int check_window(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    int64_t days = number_of(arguments, MEMBER_RECOVERY_WINDOW, WINDOW_MAX_DAYS);

    if (days < WINDOW_MIN_DAYS || days > WINDOW_MAX_DAYS) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }
    if (is_given(arguments, MEMBER_RECOVERY_WINDOW) &&
            number_of(arguments, MEMBER_FORCE_DELETE, 0) != 0) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "You can't use ForceDeleteWithoutRecovery in conjunction with "
                "RecoveryWindowInDays.");
    }
    return 0;
}

static int refuse_replicated(struct call *call, const struct target *target) {
    struct span id = text_of(arguments_of(call), MEMBER_SECRET_ID);
    struct span rest = own_text(&target->secret, OWN_REPLICAS);
    BUFFER_AUTO struct buffer regions = BUFFER_NULL;
    struct label replica;

    while (labels_next(&rest, &replica)) {
        buffer_append_text(&regions, regions.len > 0 ? "," : "");
        buffer_append_span(&regions, replica.name);
    }
    return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
            "You can't delete secret %.*s that still has replica regions [%s]", SPAN_ARGS(id),
            buffer_string(&regions));
}

static void append_end(struct call *call, struct buffer *buffer, instant at) {
    append_time_member(buffer, "DeletionDate", at);
    buffer_append_literal(buffer, "}");
}

/* Deleting what is not there succeeds if it is forced: the answer names what would have been. */
static int answer_nothing(struct call *call, struct span id) {
    struct span region = ask_of(call)->region;
    struct target target = {.region = region};
    struct buffer *buffer;
    struct secret_id parsed;
    int error;

    if (!secret_id_parse(id, &parsed) ||
            (parsed.region.data != NULL && !span_equals(parsed.region, region))) {
        return refuse_missing(&call->problem);
    }
    call->problem = PROBLEM_NULL;
    error = name_of_path(region, ask_of(call)->home, parsed.path, target.name_place, &target.name,
            &call->problem);
    if (error != 0) {
        return error;
    }
    target.path = parsed.path;
    target.secret.name = target.name;
    target.born_after = broker_born_after(call->broker, target.name);
    buffer = answer_begin(call);
    if (parsed.arn_id.data != NULL) {
        buffer_append_literal(buffer, "{\"ARN\":");
        json_write_text(buffer, id);
        buffer_append_literal(buffer, ",\"Name\":");
        json_write_text(buffer, parsed.path);
    } else {
        error = target_begin(call, buffer, &target);
    }
    append_end(call, buffer, broker_now(call->broker));
    return error;
}

static bool is_missing(const struct call *call) {
    return call->problem.parameter != NULL &&
           span_is(span_of(call->problem.parameter), AWS_NOT_FOUND);
}

int aws_handle_delete_secret(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    struct span id = text_of(arguments, MEMBER_SECRET_ID);
    bool is_forced = number_of(arguments, MEMBER_FORCE_DELETE, 0) != 0;
    int64_t days = number_of(arguments, MEMBER_RECOVERY_WINDOW, WINDOW_MAX_DAYS);
    struct target target;
    struct buffer *buffer;
    instant gone_at;
    int error = check_window(call);

    if (error != 0) {
        return error;
    }
    error = target_find_primary(call, id, &target);
    if (error > 0 && is_forced && is_missing(call)) {
        return answer_nothing(call, id);
    }
    if (error != 0) {
        return error;
    }
    if (own_text(&target.secret, OWN_REPLICAS).len > 0) {
        return refuse_replicated(call, &target);
    }
    if (target.secret.is_deleted && !is_forced) {
        return refuse_deleted(&call->problem);
    }
    buffer = answer_begin(call);
    error = target_begin(call, buffer, &target);
    if (error != 0) {
        return error;
    }
    error = broker_delete(call->broker, target.name, NULL,
            is_forced ? 0 : (uint32_t)(days * S_PER_DAY), &gone_at, &call->problem);
    if (error != 0) {
        return error;
    }
    append_end(call, buffer, is_forced ? broker_now(call->broker) : gone_at);
    return 0;
}

static int restore(struct call *call, struct target *target) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_restore(call->broker, target->name, 0, &secret, &call->problem);

    return error != 0 ? error : target_read(call, target);
}

int aws_handle_restore_secret(struct call *call) {
    struct target target;
    struct buffer *buffer;
    int error = target_find_primary(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    if (target.secret.is_deleted) {
        error = restore(call, &target);
        if (error != 0) {
            return error;
        }
    }
    buffer = answer_begin(call);
    error = target_begin(call, buffer, &target);
    buffer_append_literal(buffer, "}");
    return error;
}

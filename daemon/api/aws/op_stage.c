#include "api/aws/operations.h"
#include "broker/staging.h"

/* What UpdateSecretVersionStage asks for. */
struct move {
    struct span label;
    uint64_t from; /* the version that has the label now; 0: none */
    uint64_t to;   /* 0: none */
};

/* The number of a version that must be there. */
static int find_version(
        struct call *call, const struct target *target, struct span id, uint64_t *ret_number) {
    int error = number_of_id(call, &target->secret, id, ret_number);

    if (error != 0 || *ret_number != 0) {
        return error;
    }
    return refuse_with(&call->problem, AWS_NOT_FOUND,
            "Secrets Manager can't find the specified secret value for VersionId: %.*s",
            SPAN_ARGS(id));
}

struct attached {
    struct call *call;
    const struct target *target;
    uint64_t number;
    struct buffer *id;
    int error;
};

static void take_id(void *userdata, const struct version *version) {
    struct attached *attached = userdata;

    if (version->number == attached->number) {
        attached->error = broker_version_id(
                attached->call->broker, attached->target->name, version, attached->id);
    }
}

/* The label is on a version that the request does not name. */
static int refuse_attached(
        struct call *call, const struct target *target, const struct move *move) {
    BUFFER_AUTO struct buffer id = BUFFER_NULL;
    struct attached attached = {.call = call, .target = target, .number = move->from, .id = &id};
    int error = broker_versions(call->broker, &target->secret, take_id, &attached);

    if (error != 0) {
        return error;
    }
    if (attached.error != 0) {
        return attached.error;
    }
    return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
            "The parameter RemoveFromVersionId can't be empty. Staging label %.*s is currently "
            "attached to version %s, so you must explicitly reference that version in "
            "RemoveFromVersionId.",
            SPAN_ARGS(move->label), buffer_string(&id));
}

/* Whether the version to which the label moves has room for it. */
static int check_room(struct call *call, const struct target *target, const struct move *move) {
    struct secret secret;
    int error = move->to == 0 || move->to == move->from
                        ? GK_E_NO_VERSION
                        : broker_get_version(
                                  call->broker, target->name, move->to, &secret, &call->problem);

    call->problem = PROBLEM_NULL;
    if (error != 0) {
        return error < 0 ? error : 0; /* do_move() says what is wrong with it */
    }
    return count_labels(&target->secret, &secret.current) < VERSION_LABELS_MAX
                   ? 0
                   : refuse_labels(&call->problem);
}

static int check_move(struct call *call, const struct target *target, struct move *move) {
    struct span from = text_of(arguments_of(call), MEMBER_REMOVE_FROM);
    struct span to = text_of(arguments_of(call), MEMBER_MOVE_TO);
    uint64_t named = 0;
    int error = number_of_label(call, &target->secret, move->label, &move->from);

    if (error != 0) {
        return error;
    }
    if (from.data != NULL) {
        error = find_version(call, target, from, &named);
        if (error != 0) {
            return error;
        }
    }
    if (to.data != NULL) {
        error = find_version(call, target, to, &move->to);
        if (error != 0) {
            return error;
        }
    }
    if (from.data != NULL && named != move->from) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "Version stage %.*s not found in version %.*s", SPAN_ARGS(move->label),
                SPAN_ARGS(from));
    }
    if (from.data == NULL && move->from != 0 && move->from != move->to) {
        return refuse_attached(call, target, move);
    }
    return check_room(call, target, move);
}

static int do_move(struct call *call, const struct target *target, const struct move *move) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    enum stage stage;

    if (move->from == move->to) {
        return 0;
    }
    if (!stage_of_label(move->label, &stage)) {
        return broker_set_label(
                call->broker, target->name, move->label, move->to, &secret, &call->problem);
    }
    if (stage == STAGE_CURRENT && move->to == 0) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "You can only move staging label AWSCURRENT to a different secret version. It "
                "can't be completely removed.");
    }
    return broker_set_stage(call->broker, target->name, stage, move->to, &secret, &call->problem);
}

int aws_handle_update_stage(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    struct move move = {.label = text_of(arguments, MEMBER_VERSION_STAGE)};
    struct target target;
    struct buffer *buffer;
    int error = check_label(move.label, &call->problem);

    if (error != 0) {
        return error;
    }
    if (!is_given(arguments, MEMBER_REMOVE_FROM) && !is_given(arguments, MEMBER_MOVE_TO)) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "You must provide either MoveToVersionId or RemoveFromVersionId.");
    }
    error = target_find_live(call, text_of(arguments, MEMBER_SECRET_ID), &target);
    if (error != 0) {
        return error;
    }
    error = check_move(call, &target, &move);
    if (error != 0) {
        return error;
    }
    error = do_move(call, &target, &move);
    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    error = target_begin(call, buffer, &target);
    buffer_append_literal(buffer, "}");
    return error;
}

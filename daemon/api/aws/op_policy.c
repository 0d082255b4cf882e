#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "common/json_reader.h"
#include "common/json_writer.h"

/* The secret, for reading: a replica is one, too. */
static int find_to_read(struct call *call, struct target *target) {
    int error = target_find(call, text_of(arguments_of(call), MEMBER_SECRET_ID), target);

    if (error != 0) {
        return error;
    }
    return target->secret.is_deleted ? refuse_deleted(&call->problem) : 0;
}

/* The secret; a SecretId that is no name of AWS is one that is not found, here. */
static int find(struct call *call, bool changes, struct target *target) {
    int error =
            changes ? target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), target)
                    : find_to_read(call, target);

    if (error > 0 && span_is(span_of(refusal_code(error, &call->problem)), AWS_VALIDATION)) {
        return refuse_missing(&call->problem);
    }
    return error;
}

static int answer(struct call *call, const struct target *target, struct span policy) {
    struct buffer *buffer = answer_begin(call);
    int error = target_begin(call, buffer, target);

    append_text_member(buffer, "ResourcePolicy", policy);
    buffer_append_literal(buffer, "}");
    return error;
}

int aws_handle_get_policy(struct call *call) {
    struct target target;
    int error = find(call, false, &target);

    return error != 0 ? error : answer(call, &target, own_text(&target.secret, OWN_POLICY));
}

/* Changes the target's policy; data NULL removes it. */
static int set_policy(struct call *call, struct target *target, struct span policy) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = target->name;
    error = own_set(&definition, &target->secret, OWN_POLICY, policy, &extra);
    if (error != 0) {
        return error;
    }
    error = broker_patch(call->broker, &definition, &secret, &call->problem);
    return error != 0 ? error : answer(call, target, SPAN_NULL);
}

/* GhostKey has no principals, so a policy that is one JSON object passes. */
static int check_policy(struct call *call) {
    struct json_reader reader = json_reader_of(text_of(arguments_of(call), MEMBER_RESOURCE_POLICY));
    struct json_reader_value value = json_reader_next(&reader);

    if (json_reader_finish(&reader) == 0 && value.kind == JSON_READER_NESTED &&
            value.raw.data[0] == '{') {
        return 0;
    }
    return refuse_with(
            &call->problem, AWS_MALFORMED_POLICY, "This resource policy is no JSON object.");
}

int aws_handle_put_policy(struct call *call) {
    struct target target;
    int error = find(call, true, &target);

    if (error != 0) {
        return error;
    }
    error = check_policy(call);
    if (error != 0) {
        return error;
    }
    return set_policy(call, &target, text_of(arguments_of(call), MEMBER_RESOURCE_POLICY));
}

int aws_handle_delete_policy(struct call *call) {
    struct target target;
    int error = find(call, true, &target);

    return error != 0 ? error : set_policy(call, &target, SPAN_NULL);
}

int aws_handle_validate_policy(struct call *call) {
    struct target target;
    int error = 0;

    if (is_given(arguments_of(call), MEMBER_SECRET_ID)) {
        error = find_to_read(call, &target);
    }
    if (error != 0) {
        return error;
    }
    error = check_policy(call);
    if (error != 0) {
        return error;
    }
    buffer_append_literal(
            answer_begin(call), "{\"PolicyValidationPassed\":true,\"ValidationErrors\":[]}");
    return 0;
}

/*
 * The AWS Secrets Manager Agent and the Lambda extension: GET /secretsmanager/get?secretId=NAME and
 * GET /v1/NAME, with versionId and versionStage. refreshNow changes nothing, since there is no
 * cache.
 */
#include "api/aws/agent.h"
#include "api/aws/operations.h"
#include "common/utf8.h"
#include "http/fault.h"
#include "http/request_text.h"

#define PARAMETER_MAX_BYTES 2048

/* A decoded parameter; data NULL: it was not given. */
struct parameter_text {
    struct span text;
    char place[PARAMETER_MAX_BYTES];
};

static int decode(struct call *call, struct span text, struct parameter_text *ret_parameter) {
    char *place = ret_parameter->place;
    size_t len;

    if (percent_decode(text, place, PARAMETER_MAX_BYTES, &len) != 0 ||
            !utf8_is_valid((struct span){place, len})) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "A part of the address is not percent-encoded UTF-8, or is too long.");
    }
    ret_parameter->text = (struct span){place, len};
    return 0;
}

/* What the address says. */
struct wanted {
    struct parameter_text secret_id;
    struct parameter_text version_id;
    struct parameter_text stage;
};

static int read_query(struct call *call, struct wanted *wanted) {
    struct span rest = call->request.query;

    while (rest.len > 0) {
        struct span value = span_take_until(&rest, '&');
        struct span name = span_take_until(&value, '=');
        struct parameter_text *parameter = span_is(name, "secretId")       ? &wanted->secret_id
                                           : span_is(name, "versionId")    ? &wanted->version_id
                                           : span_is(name, "versionStage") ? &wanted->stage
                                                                           : NULL;
        int error = parameter != NULL ? decode(call, value, parameter) : 0;

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int check_name_escapes(struct call *call, const struct wanted *wanted) {
    if (wanted->secret_id.text.len == 0) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "The address names no secret: /secretsmanager/get?secretId=NAME, or /v1/NAME.");
    }
    return 0;
}

int aws_handle_agent(struct call *call) {
    const struct span prefix = SPAN_LITERAL(AGENT_PATH_PREFIX);
    struct span path = call->request.path;
    struct wanted wanted;
    struct target target;
    int error;

    wanted.secret_id.text = SPAN_NULL;
    wanted.version_id.text = SPAN_NULL;
    wanted.stage.text = SPAN_NULL;
    error = read_query(call, &wanted);
    if (error != 0) {
        return error;
    }
    if (span_starts_with(path, prefix)) {
        error = decode(call, (struct span){path.data + prefix.len, path.len - prefix.len},
                &wanted.secret_id);
        if (error != 0) {
            return error;
        }
    }
    error = check_name_escapes(call, &wanted);
    if (error != 0) {
        return error;
    }
    target_note_name(call, wanted.secret_id.text);
    call->reads_current = wanted.version_id.text.data == NULL && wanted.stage.text.data == NULL;
    error = call_begin(call);
    if (error != 0) {
        return error;
    }
    error = target_find(call, wanted.secret_id.text, &target);
    if (error != 0) {
        return error;
    }
    return answer_value(
            call, &target, wanted.version_id.text, wanted.stage.text, answer_begin(call));
}

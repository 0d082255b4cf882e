#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "api/aws/rules.h"
#include "api/aws/scalar.h"
#include "broker/staging.h"

#define LAMBDA_MAX_CHARS 2048

static int check_lambda(struct call *call) {
    if (scalar_characters(text_of(arguments_of(call), MEMBER_ROTATION_LAMBDA)) <=
            LAMBDA_MAX_CHARS) {
        return 0;
    }
    return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
            "RotationLambdaARN must <= 2048 characters long.");
}

/* Keeps a text of the rules. */
static int keep_word(struct call *call, const struct target *target, struct definition *definition,
        const char *name, size_t member, struct buffer *extra) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *rules = &arguments->of[MEMBER_ROTATION_RULES];

    if (!rules->given) {
        return 0;
    }
    return own_set(definition, &target->secret, name,
            element_of(arguments, rules, 0, RULES_MEMBERS, member)->text, extra);
}

/* What AWS alone keeps of the request. ttl_s: 0 if its rules name no interval. */
static int keep_words(struct call *call, const struct target *target, struct definition *definition,
        uint32_t ttl_s, struct buffer *extra) {
    bool has_rules = ttl_s != 0 || is_rotating(&target->secret);
    struct span lambda = text_of(arguments_of(call), MEMBER_ROTATION_LAMBDA);
    int error = own_set(definition, &target->secret, OWN_ROTATION,
            has_rules ? ROTATION_BY_RULES : ROTATION_BY_HAND, extra);

    if (error != 0) {
        return error;
    }
    error = own_set_given(definition, &target->secret, OWN_LAMBDA, lambda, extra);
    if (error != 0) {
        return error;
    }
    if (ttl_s != 0) {
        error = keep_word(call, target, definition, OWN_SCHEDULE, RULES_SCHEDULE, extra);
        if (error != 0) {
            return error;
        }
    }
    return keep_word(call, target, definition, OWN_DURATION, RULES_DURATION, extra);
}

/* Switches rotation on, by a TTL from now on; 0: by the one that it has, which goes on. */
static int arm(struct call *call, const struct target *target, uint32_t ttl_s) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = target->name;
    error = keep_words(call, target, &definition, ttl_s, &extra);
    if (error != 0) {
        return error;
    }
    if (ttl_s != 0) {
        definition.has_ttl = true;
        definition.ttl_s = ttl_s;
        definition.is_from_now = true;
        definition.policy =
                (struct policy_change){.given = true, .has_on_expiry = true, .on_expiry = true};
    }
    return broker_patch(call->broker, &definition, &secret, &call->problem);
}

static int answer_version(
        struct call *call, const struct target *target, const struct version *version) {
    struct buffer *buffer = answer_begin(call);
    int error = version->number == 0 ? target_begin(call, buffer, target)
                                     : begin_with_version(call, buffer, target, version);

    buffer_append_literal(buffer, "}");
    return error;
}

static int refuse_token(struct call *call) {
    return refuse_with(&call->problem, AWS_INVALID_REQUEST,
            "You can't use ClientRequestToken %.*s because a version of the secret has it "
            "that RotateSecret did not make, or that can no longer be read.",
            SPAN_ARGS(text_of(arguments_of(call), MEMBER_TOKEN)));
}

/* A version that this request has made before. */
static int find_rotated(struct call *call, const struct target *target, struct version *version) {
    struct span token = text_of(arguments_of(call), MEMBER_TOKEN);
    struct secret secret;
    uint64_t number = 0;
    int error = 0;

    version->number = 0;
    if (token.len > 0) {
        error = number_of_id(call, &target->secret, token, &number);
    }
    if (error != 0 || number == 0) {
        return error;
    }
    error = broker_get_version(call->broker, target->name, number, &secret, &call->problem);
    if (error < 0) {
        return error;
    }
    if (error != 0 || secret.current.cause != CAUSE_ROTATE) {
        return refuse_token(call);
    }
    *version = secret.current;
    return 0;
}

/* Makes the new version, and answers with it. */
static int rotate_now(struct call *call, struct target *target) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate_as(call->broker, target->name,
            text_of(arguments_of(call), MEMBER_TOKEN), &secret, &call->problem);

    if (error != 0) {
        return error;
    }
    error = target_read(call, target);
    return error != 0 ? error : answer_version(call, target, &target->secret.current);
}

/* Rotation is switched on after the rotation, which may be refused. */
static int rotate(struct call *call, struct target *target, uint32_t ttl_s) {
    const struct arguments *arguments = arguments_of(call);
    bool is_on =
            own_text(&target->secret, OWN_ROTATION).data != NULL && is_rotation_on(&target->secret);
    int error = number_of(arguments, MEMBER_ROTATE_IMMEDIATELY, 1) != 0
                        ? rotate_now(call, target)
                        : answer_version(call, target, &target->secret.current);

    if (error != 0) {
        return error;
    }
    if (is_on && !is_given(arguments, MEMBER_ROTATION_RULES) &&
            text_of(arguments, MEMBER_ROTATION_LAMBDA).len == 0) {
        return 0; /* nothing changes */
    }
    return arm(call, target, ttl_s);
}

int aws_handle_rotate_secret(struct call *call) {
    struct version made;
    struct target target;
    uint32_t ttl_s;
    int error = check_token(call);

    if (error != 0) {
        return error;
    }
    error = check_lambda(call);
    if (error != 0) {
        return error;
    }
    error = rules_take(call, &ttl_s);
    if (error != 0) {
        return error;
    }
    error = target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);
    if (error != 0) {
        return error;
    }
    if (span_is(target.secret.policy.strategy, "none")) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "The secret's rotation policy is 'none', so it cannot be rotated: choose another "
                "one with the tag ghostkey:rotation.");
    }
    error = find_rotated(call, &target, &made);
    if (error != 0) {
        return error;
    }
    return made.number != 0 ? answer_version(call, &target, &made) : rotate(call, &target, ttl_s);
}

/* Switches automatic rotation off. */
static int disarm(struct call *call, const struct target *target) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = target->name;
    error = own_set(&definition, &target->secret, OWN_ROTATION, ROTATION_BY_RULES, &extra);
    if (error != 0) {
        return error;
    }
    if (is_rotating(&target->secret)) {
        definition.has_ttl = true;
        definition.policy = (struct policy_change){.given = true, .has_on_expiry = true};
    }
    return broker_patch(call->broker, &definition, &secret, &call->problem);
}

int aws_handle_cancel_rotate(struct call *call) {
    struct target target;
    int error = target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    if (!is_rotating(&target.secret) && own_text(&target.secret, OWN_ROTATION).data == NULL) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "You tried to cancel a rotation that was never on.");
    }
    error = disarm(call, &target);
    if (error != 0) {
        return error;
    }
    error = target_read(call, &target);
    return error != 0 ? error : answer_version(call, &target, &target.secret.current);
}

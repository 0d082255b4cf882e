/* AWS's operations. Each request is routed, decoded by the description of its members, and served.
 */
#include <openssl/crypto.h>
#include <strings.h>

#include "api/aws/agent.h"
#include "api/aws/api.h"
#include "api/aws/fault_answer.h"
#include "api/aws/operations.h"
#include "api/aws/request_id.h"
#include "common/aws_key.h"
#include "http/fault.h"
#include "http/request_text.h"
#include "http/token.h"

#define TARGET_PREFIX "secretsmanager."
#define MEDIA_PREFIX "application/x-amz-json-"

#define BIT(member) MEMBER_BIT(MEMBER_##member)
#define VALUE (BIT(SECRET_STRING) | BIT(SECRET_BINARY) | BIT(TOKEN))
#define PAGE (BIT(MAX_RESULTS) | BIT(NEXT_TOKEN))
#define EXCLUDED \
    (BIT(EXCLUDE_CHARACTERS) | BIT(EXCLUDE_NUMBERS) | BIT(EXCLUDE_PUNCTUATION) | \
            BIT(EXCLUDE_UPPERCASE) | BIT(EXCLUDE_LOWERCASE))

/* The most frequent ones come first. The last one is the agent's. */
static const struct operation operations[] = {
        {"GetSecretValue", "POST", aws_handle_get_secret_value, 0, false, "GetSecretValue",
                CLASS_READ},
        {"PutSecretValue", "POST", aws_handle_put_secret_value, 0, true, "PutSecretValue",
                CLASS_WRITE},
        {"CreateSecret", "POST", aws_handle_create_secret, 0, true, "CreateSecret", CLASS_WRITE},
        {"DescribeSecret", "POST", aws_handle_describe_secret, 0, false, "DescribeSecret",
                CLASS_READ},
        {"UpdateSecret", "POST", aws_handle_update_secret, 0, true, "UpdateSecret", CLASS_WRITE},
        {"DeleteSecret", "POST", aws_handle_delete_secret, 0, true, "DeleteSecret", CLASS_DELETE},
        {"ListSecrets", "POST", aws_handle_list_secrets, 0, false, "ListSecrets", CLASS_LIST},
        {"BatchGetSecretValue", "POST", aws_handle_batch_get, 0, false, "BatchGetSecretValue",
                CLASS_READ},
        {"ListSecretVersionIds", "POST", aws_handle_list_version_ids, 0, false,
                "ListSecretVersionIds", CLASS_READ},
        {"RestoreSecret", "POST", aws_handle_restore_secret, 0, true, "RestoreSecret", CLASS_WRITE},
        {"RotateSecret", "POST", aws_handle_rotate_secret, 0, true, "RotateSecret", CLASS_ROTATE},
        {"CancelRotateSecret", "POST", aws_handle_cancel_rotate, 0, true, "CancelRotateSecret",
                CLASS_ROTATE},
        {"UpdateSecretVersionStage", "POST", aws_handle_update_stage, 0, true,
                "UpdateSecretVersionStage", CLASS_ROTATE},
        {"TagResource", "POST", aws_handle_tag, 0, true, "TagResource", CLASS_WRITE},
        {"UntagResource", "POST", aws_handle_untag, 0, true, "UntagResource", CLASS_WRITE},
        {"GetRandomPassword", "POST", aws_handle_random_password, 0, true, "GetRandomPassword",
                CLASS_NONE},
        {"GetResourcePolicy", "POST", aws_handle_get_policy, 0, false, "GetResourcePolicy",
                CLASS_READ},
        {"PutResourcePolicy", "POST", aws_handle_put_policy, 0, true, "PutResourcePolicy",
                CLASS_WRITE},
        {"DeleteResourcePolicy", "POST", aws_handle_delete_policy, 0, true, "DeleteResourcePolicy",
                CLASS_WRITE},
        {"ValidateResourcePolicy", "POST", aws_handle_validate_policy, 0, false,
                "ValidateResourcePolicy", CLASS_NONE},
        {"ReplicateSecretToRegions", "POST", aws_handle_replicate, 0, true,
                "ReplicateSecretToRegions", CLASS_WRITE},
        {"RemoveRegionsFromReplication", "POST", aws_handle_remove_replicas, 0, true,
                "RemoveRegionsFromReplication", CLASS_WRITE},
        {"StopReplicationToReplica", "POST", aws_handle_stop_replication, 0, true,
                "StopReplicationToReplica", CLASS_WRITE},
        {"agent", "GET", aws_handle_agent, 0, false, "GetSecretValue", CLASS_READ},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))
#define AGENT (&operations[OPERATION_COUNT - 1])

/* The members of each operation, in the same order: all, and those that must be there. */
static const struct {
    uint64_t takes;
    uint64_t requires;
} inputs[OPERATION_COUNT] = {
        {BIT(SECRET_ID) | BIT(VERSION_ID) | BIT(VERSION_STAGE), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | VALUE | BIT(VERSION_STAGES), BIT(SECRET_ID)},
        {BIT(NAME) | VALUE | BIT(DESCRIPTION) | BIT(KMS_KEY_ID) | BIT(TAGS) |
                        BIT(ADD_REPLICA_REGIONS) | BIT(FORCE_OVERWRITE),
                BIT(NAME)},
        {BIT(SECRET_ID), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | VALUE | BIT(DESCRIPTION) | BIT(KMS_KEY_ID), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | BIT(RECOVERY_WINDOW) | BIT(FORCE_DELETE), BIT(SECRET_ID)},
        {PAGE | BIT(FILTERS) | BIT(SORT_ORDER) | BIT(SORT_BY) | BIT(PLANNED_DELETION), 0},
        {BIT(SECRET_ID_LIST) | BIT(FILTERS) | BIT(BATCH_MAX_RESULTS) | BIT(NEXT_TOKEN), 0},
        {BIT(SECRET_ID) | PAGE | BIT(DEPRECATED), BIT(SECRET_ID)},
        {BIT(SECRET_ID), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | BIT(TOKEN) | BIT(ROTATION_LAMBDA) | BIT(ROTATION_RULES) |
                        BIT(ROTATE_IMMEDIATELY),
                BIT(SECRET_ID)},
        {BIT(SECRET_ID), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | BIT(VERSION_STAGE) | BIT(REMOVE_FROM) | BIT(MOVE_TO),
                BIT(SECRET_ID) | BIT(VERSION_STAGE)},
        {BIT(SECRET_ID) | BIT(TAGS), BIT(SECRET_ID) | BIT(TAGS)},
        {BIT(SECRET_ID) | BIT(TAG_KEYS), BIT(SECRET_ID) | BIT(TAG_KEYS)},
        {BIT(PASSWORD_LENGTH) | EXCLUDED | BIT(INCLUDE_SPACE) | BIT(REQUIRE_EACH_TYPE), 0},
        {BIT(SECRET_ID), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | BIT(RESOURCE_POLICY), BIT(SECRET_ID) | BIT(RESOURCE_POLICY)},
        {BIT(SECRET_ID), BIT(SECRET_ID)},
        {BIT(SECRET_ID) | BIT(RESOURCE_POLICY), BIT(RESOURCE_POLICY)},
        {BIT(SECRET_ID) | BIT(ADD_REPLICA_REGIONS) | BIT(FORCE_OVERWRITE),
                BIT(SECRET_ID) | BIT(ADD_REPLICA_REGIONS)},
        {BIT(SECRET_ID) | BIT(REMOVE_REPLICA_REGIONS),
                BIT(SECRET_ID) | BIT(REMOVE_REPLICA_REGIONS)},
        {BIT(SECRET_ID), BIT(SECRET_ID)},
        {0, 0},
};

static bool is_read(const struct request *request) {
    return span_is(request->method, "GET") || span_is(request->method, "HEAD");
}

static bool is_agent(const struct request *request) {
    return request_header(request, AGENT_HEADER).data != NULL || span_is(request->path, AGENT_PATH);
}

static bool claims(const struct api_request *asked) {
    const struct span media = SPAN_LITERAL(MEDIA_PREFIX);
    const struct request *request = asked->request;
    struct span type;

    if (request->path.len != 1 || !span_is(request->method, "POST")) {
        return span_is(request->path, AGENT_PATH);
    }
    type = request_header(request, "content-type");
    return request_header(request, "x-amz-target").data != NULL ||
           (type.len >= media.len && strncasecmp(type.data, media.data, media.len) == 0);
}

static int route_agent(struct call *call) {
    const struct request *request = &call->request;

    if (!span_is(request->path, AGENT_PATH) &&
            !span_starts_with(request->path, SPAN_LITERAL(AGENT_PATH_PREFIX))) {
        return GK_E_NO_ROUTE;
    }
    call->operation = AGENT;
    return is_read(request) ? 0
                            : problem_set(&call->problem, GK_E_METHOD, "the agent knows GET only");
}

static int route(struct call *call) {
    const struct span prefix = SPAN_LITERAL(TARGET_PREFIX);
    struct span target = request_header(&call->request, "x-amz-target");

    if (is_agent(&call->request)) {
        return route_agent(call);
    }
    if (!span_starts_with(target, prefix)) {
        return refuse_with(&call->problem, AWS_UNKNOWN_OPERATION,
                "The header X-Amz-Target must be secretsmanager.OPERATION.");
    }
    target = (struct span){target.data + prefix.len, target.len - prefix.len};
    for (size_t at = 0; at + 1 < OPERATION_COUNT; at++) {
        if (span_is(target, operations[at].label)) {
            call->operation = &operations[at];
            return 0;
        }
    }
    return refuse_with(&call->problem, AWS_UNKNOWN_OPERATION, "There is no operation %s.",
            shown_ascii(target).text);
}

/* The agent's region is the home; a client's that of its credential, if it has one. */
static int find_region(struct call *call, struct ask *ask) {
    struct span region = region_of_credential(request_header(&call->request, "authorization"));

    ask->home = call->context->aws_region;
    ask->region = region.data != NULL && call->operation != AGENT ? region : ask->home;
    if (span_equals(ask->region, ask->home) || is_region(ask->region)) {
        return 0;
    }
    return refuse_with(&call->problem, "InvalidSignatureException",
            "Credential should be scoped to a valid region, not '%s'.", shown_ascii(region).text);
}

static int check_agent(const struct call *call) {
    return call->operation != AGENT || request_header(&call->request, AGENT_HEADER).data != NULL
                   ? 0
                   : GK_E_UNAUTHORIZED;
}

/* Says what the request is about (http/api.h, serve). */
static void name_secrets(struct call *call, const struct arguments *arguments) {
    const struct argument *ids = &arguments->of[MEMBER_SECRET_ID_LIST];
    bool is_get = call->operation->handle == aws_handle_get_secret_value;

    if (is_given(arguments, MEMBER_SECRET_ID)) {
        target_note_name(call, text_of(arguments, MEMBER_SECRET_ID));
    } else if (is_given(arguments, MEMBER_NAME)) {
        target_note_name(call, text_of(arguments, MEMBER_NAME));
    }
    for (size_t at = 0; at < ids->count; at++) {
        target_note_name(call, element_of(arguments, ids, at, 1, 0)->text);
    }
    call->reads_current = call->operation->handle == aws_handle_batch_get ||
                          (is_get && !is_given(arguments, MEMBER_VERSION_ID) &&
                                  !is_given(arguments, MEMBER_VERSION_STAGE));
}

static int serve_body(struct call *call, struct arguments *arguments) {
    size_t at = (size_t)(call->operation - operations);
    int error;

    if (call->limit != 0) {
        return call->limit;
    }
    error = shape_decode(call->request.body, inputs[at].takes, inputs[at].requires,
            broker_value_max_bytes(call->broker), arguments, &call->problem);
    if (error != 0) {
        return error;
    }
    name_secrets(call, arguments);
    error = call_begin(call);
    if (error != 0) {
        return error;
    }
    call->after_commit = call->operation->changes;
    return call->operation->handle(call);
}

static int serve_decoded(struct call *call, struct arguments *arguments) {
    struct ask ask = {.arguments = arguments};
    int error = find_region(call, &ask);

    if (error != 0) {
        return error;
    }
    call->decoded = &ask;
    error = call->operation == AGENT ? aws_handle_agent(call) : serve_body(call, arguments);
    call->decoded = NULL;
    return error;
}

static int serve(struct call *call) {
    struct arguments arguments;
    int error = check_agent(call);

    if (error != 0) {
        return error;
    }
    memset(&arguments, 0, ARGUMENTS_HEAD_BYTES);
    error = serve_decoded(call, &arguments);
    buffer_deinit(&arguments.bytes);
    if (error != 0) {
        return error;
    }
    request_id_set(call);
    return 0;
}

/*
 * Over TCP: the token of the token file, as session token or access key id, of the agent in its own
 * header; or the access key id that is made from it. Signatures are not checked.
 */
static enum speaker may_speak(const struct api_request *asked) {
    const struct request *request = asked->request;
    const struct token *token = asked->context->token;
    struct span agent = request_header(request, AGENT_HEADER);
    struct span key = key_of_credential(request_header(request, "authorization"));
    char own_key[AWS_KEY_CHARS];

    if (!asked->is_tcp) {
        return SPEAKER_KNOWN;
    }
    if (is_agent(request)) {
        return token_matches(token, agent) ? SPEAKER_KNOWN : SPEAKER_REFUSED;
    }
    if (token_matches(token, key) ||
            token_matches(token, request_header(request, "x-amz-security-token"))) {
        return SPEAKER_KNOWN;
    }
    if (token->len == 0 || key.len != AWS_KEY_CHARS) {
        return SPEAKER_REFUSED;
    }
    aws_key_of_token((struct span){token->text, token->len}, own_key);
    return CRYPTO_memcmp(key.data, own_key, AWS_KEY_CHARS) == 0 ? SPEAKER_KNOWN : SPEAKER_REFUSED;
}

static void refuse(struct call *call, int outcome) {
    if (outcome == GK_E_FAULT) {
        fault_answer(call);
    } else {
        refusal_answer(&call->answer, outcome, &call->problem);
    }
    request_id_set(call);
}

const struct api aws_api = {
        .name = "aws",
        .operations = operations,
        .operation_count = OPERATION_COUNT,
        .headers = {AGENT_HEADER},
        .claims = claims,
        .may_speak = may_speak,
        .route = route,
        .serve = serve,
        .refuse = refuse,
};

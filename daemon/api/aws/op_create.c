#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "api/aws/tags.h"

/* The name is taken: the answer to an earlier request like this one, or a refusal. */
static int answer_existing(struct call *call, const struct target *target) {
    struct span name = text_of(arguments_of(call), MEMBER_NAME);
    struct version made;
    struct buffer *buffer;
    int error;

    if (target->secret.is_deleted) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "You can't create this secret because a secret with this name is already "
                "scheduled for deletion.");
    }
    error = find_made_version(call, target, &made);
    if (error != 0) {
        return error;
    }
    if (made.number == 0 || target->primary.data != NULL) {
        return refuse_with(&call->problem, AWS_EXISTS,
                "The operation failed because the secret %.*s already exists.", SPAN_ARGS(name));
    }
    buffer = answer_begin(call);
    error = begin_with_version(call, buffer, target, &made);
    if (error != 0) {
        return error;
    }
    error = append_replicas(call, buffer, target);
    buffer_append_literal(buffer, "}");
    return error;
}

/* What the definition has besides its value. texts and extra keep what is decoded and packed. */
static int define(struct call *call, struct definition *definition, struct tag_texts *texts,
        struct buffer *extra, char env_place[GK_NAME_MAX_BYTES + 1]) {
    const struct arguments *arguments = arguments_of(call);
    const struct secret none = SECRET_NULL;
    struct span key = text_of(arguments, MEMBER_KMS_KEY_ID);
    bool is_off;
    int error = tags_take(call, NULL, definition, texts);

    if (error != 0) {
        return error;
    }
    definition->description = text_of(arguments, MEMBER_DESCRIPTION);
    definition->env = env_of_path(ask_of(call)->region, ask_of(call)->home,
            text_of(arguments, MEMBER_NAME), definition->name, env_place, &is_off);
    definition->env_source = is_off                         ? ENV_OFF
                             : definition->env.data != NULL ? ENV_NAMED
                                                            : ENV_DEFAULT;
    error = own_set_given(definition, &none, OWN_KMS_KEY, key, extra);
    if (error != 0) {
        return error;
    }
    return definition->label_count == 0
                   ? 0
                   : own_set(definition, &none, OWN_TAGS, SPAN_LITERAL("1"), extra);
}

static int create(struct call *call, struct target *target) {
    GK_CLEANUP(tag_texts_deinit) struct tag_texts texts = TAG_TEXTS_NULL;
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    char env_place[GK_NAME_MAX_BYTES + 1];
    struct definition definition;
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = target->name;
    definition.value_source = VALUE_NONE;
    take_value(call, &definition);
    error = define(call, &definition, &texts, &extra, env_place);
    if (error != 0) {
        return error;
    }
    target->secret = SECRET_NULL;
    error = check_replicas(call, target);
    if (error != 0) {
        return error;
    }
    error = broker_put(call->broker, &definition, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    error = target_read(call, target);
    return error != 0 ? error : add_replicas(call, target);
}

static int answer_created(struct call *call, const struct target *target) {
    struct buffer *buffer = answer_begin(call);
    int error = target->secret.current.number == 0
                        ? target_begin(call, buffer, target)
                        : begin_with_version(call, buffer, target, &target->secret.current);

    if (error != 0) {
        return error;
    }
    error = append_replicas(call, buffer, target);
    buffer_append_literal(buffer, "}");
    return error;
}

/* Whether the request is wrong by itself. */
static int check_request(struct call *call) {
    int error = check_token(call);

    if (error != 0) {
        return error;
    }
    error = check_value(call);
    if (error != 0) {
        return error;
    }
    error = check_description(call);
    if (error != 0) {
        return error;
    }
    return is_aws_name(text_of(arguments_of(call), MEMBER_NAME)) ? check_replica_regions(call)
                                                                 : refuse_name(&call->problem);
}

int aws_handle_create_secret(struct call *call) {
    const struct ask *ask = ask_of(call);
    struct span path = text_of(ask->arguments, MEMBER_NAME);
    struct target target;
    int error = check_request(call);

    if (error != 0) {
        return error;
    }
    error = target_find_path(call, ask->region, path, &target);
    if (error == 0) {
        return answer_existing(call, &target);
    }
    if (error != GK_E_NO_SECRET) {
        return error;
    }
    call->problem = PROBLEM_NULL;
    target.primary = SPAN_NULL;
    error = name_of_path(
            ask->region, ask->home, path, target.name_place, &target.name, &call->problem);
    if (error != 0) {
        return error;
    }
    error = create(call, &target);
    return error != 0 ? error : answer_created(call, &target);
}

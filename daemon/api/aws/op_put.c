#include "api/aws/arn.h"
#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "api/aws/scalar.h"
#include "broker/staging.h"
#include "common/json_writer.h"

#define TOKEN_MIN_CHARS 32
#define TOKEN_MAX_CHARS 64

int check_token(struct call *call) {
    int64_t characters = scalar_characters(text_of(arguments_of(call), MEMBER_TOKEN));

    if (!is_given(arguments_of(call), MEMBER_TOKEN) ||
            (characters >= TOKEN_MIN_CHARS && characters <= TOKEN_MAX_CHARS)) {
        return 0;
    }
    return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
            "ClientRequestToken must be 32-64 characters long.");
}

int check_value(struct call *call) {
    const struct arguments *arguments = arguments_of(call);

    if (is_given(arguments, MEMBER_SECRET_BINARY) && is_given(arguments, MEMBER_SECRET_STRING)) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "You can't specify both a binary secret value and a string secret value in the "
                "same secret.");
    }
    return 0;
}

int check_description(struct call *call) {
    if (text_of(arguments_of(call), MEMBER_DESCRIPTION).len <= GK_DESCRIPTION_MAX_BYTES) {
        return 0;
    }
    return refuse_with(&call->problem, AWS_VALIDATION,
            "The Description has at most %d bytes in UTF-8.", GK_DESCRIPTION_MAX_BYTES);
}

void take_value(struct call *call, struct definition *definition) {
    const struct arguments *arguments = arguments_of(call);
    bool is_binary = is_given(arguments, MEMBER_SECRET_BINARY);

    if (!is_binary && !is_given(arguments, MEMBER_SECRET_STRING)) {
        return;
    }
    definition->value_source = VALUE_GIVEN;
    definition->value = text_of(arguments, is_binary ? MEMBER_SECRET_BINARY : MEMBER_SECRET_STRING);
    definition->binary = is_binary;
    definition->version_id = text_of(arguments, MEMBER_TOKEN);
}

static bool has_same_value(const struct call *call, const struct version *version) {
    const struct arguments *arguments = arguments_of(call);

    return span_equals(version->value,
            text_of(arguments, version->binary ? MEMBER_SECRET_BINARY : MEMBER_SECRET_STRING));
}

static int refuse_used_token(struct call *call, const struct target *target) {
    struct span token = text_of(arguments_of(call), MEMBER_TOKEN);
    BUFFER_AUTO struct buffer arn = BUFFER_NULL;
    int error = arn_append(
            &arn, call->broker, target->region, target->path, &target->secret, target->born_after);

    if (error != 0) {
        return error;
    }
    return refuse_with(&call->problem, AWS_EXISTS,
            "You can't use ClientRequestToken %.*s because that value is already in use for a "
            "version of secret %s.",
            SPAN_ARGS(token), buffer_string(&arn));
}

int find_made_version(struct call *call, const struct target *target, struct version *ret_version) {
    struct span token = text_of(arguments_of(call), MEMBER_TOKEN);
    struct secret secret;
    uint64_t number = 0;
    int error;

    *ret_version = (struct version){.number = 0};
    if (token.len == 0) {
        return 0;
    }
    error = number_of_id(call, &target->secret, token, &number);
    if (error != 0 || number == 0) {
        return error;
    }
    error = broker_get_version(call->broker, target->name, number, &secret, &call->problem);
    if (error < 0) {
        return error;
    }
    if (error != 0 || !has_same_value(call, &secret.current)) {
        return refuse_used_token(call, target);
    }
    *ret_version = secret.current;
    return 0;
}

int begin_with_version(struct call *call, struct buffer *buffer, const struct target *target,
        const struct version *version) {
    int error = target_begin(call, buffer, target);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(buffer, ",\"VersionId\":");
    return append_version_id(call, buffer, target->name, version);
}

/* The labels of a put. */
struct wanted {
    bool is_current;
    bool is_pending;
    bool is_previous;
    size_t count; /* of other labels, in byte order, each once */
    struct span labels[VERSION_LABELS_MAX];
};

static void add_label(struct wanted *wanted, struct span label) {
    size_t at = wanted->count;

    for (size_t i = 0; i < wanted->count; i++) {
        if (span_equals(wanted->labels[i], label)) {
            return;
        }
    }
    for (; at > 0 && span_compare(wanted->labels[at - 1], label) > 0; at--) {
        wanted->labels[at] = wanted->labels[at - 1];
    }
    wanted->labels[at] = label;
    wanted->count += 1;
}

static int take_labels(struct call *call, struct wanted *wanted) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *list = &arguments->of[MEMBER_VERSION_STAGES];
    enum stage stage;

    wanted->is_current = !list->given;
    for (size_t at = 0; at < list->count; at++) {
        struct span label = element_of(arguments, list, at, 1, 0)->text;
        int error = check_label(label, &call->problem);

        if (error != 0) {
            return error;
        }
        if (!stage_of_label(label, &stage)) {
            add_label(wanted, label);
            continue;
        }
        wanted->is_current = wanted->is_current || stage == STAGE_CURRENT;
        wanted->is_pending = wanted->is_pending || stage == STAGE_PENDING;
        wanted->is_previous = wanted->is_previous || stage == STAGE_PREVIOUS;
    }
    return 0;
}

static int pack_labels(const struct wanted *wanted, struct buffer *list) {
    for (size_t at = 0; at < wanted->count; at++) {
        char length[4];

        list_put_length(length, (uint32_t)wanted->labels[at].len);
        buffer_append(list, length, sizeof(length));
        buffer_append_span(list, wanted->labels[at]);
    }
    return buffer_finish(list);
}

/* Puts the version, and moves the stages to it that a put does not move by itself. */
static int put_version(struct call *call, const struct wanted *wanted,
        const struct definition *definition, struct secret *secret) {
    SECRET_AUTO struct secret moved = SECRET_NULL;
    uint64_t number;
    int error = wanted->is_current ? broker_patch(call->broker, definition, secret, &call->problem)
                                   : broker_put_aside(call->broker, definition, wanted->is_pending,
                                             secret, &call->problem);

    if (error != 0) {
        return error;
    }
    number = secret->current.number;
    if (wanted->is_current && wanted->is_pending) {
        error = broker_set_stage(
                call->broker, definition->name, STAGE_PENDING, number, &moved, &call->problem);
        if (error != 0) {
            return error;
        }
    }
    return wanted->is_previous ? broker_set_stage(call->broker, definition->name, STAGE_PREVIOUS,
                                         number, &moved, &call->problem)
                               : 0;
}

/* Whether one of the first labels of the request's list is the same. */
static bool is_given_before(const struct arguments *arguments, size_t first, struct span label) {
    const struct argument *list = &arguments->of[MEMBER_VERSION_STAGES];

    for (size_t at = 0; at < first; at++) {
        if (span_equals(element_of(arguments, list, at, 1, 0)->text, label)) {
            return true;
        }
    }
    return false;
}

/* The labels in the order in which they were given, each once. */
static void append_given_labels(struct call *call, struct buffer *buffer, bool adds_current) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *list = &arguments->of[MEMBER_VERSION_STAGES];
    const char *separator = "";

    buffer_append_literal(buffer, ",\"VersionStages\":[");
    for (size_t at = 0; at < list->count; at++) {
        struct span label = element_of(arguments, list, at, 1, 0)->text;

        if (is_given_before(arguments, at, label)) {
            continue;
        }
        buffer_append_text(buffer, separator);
        json_write_text(buffer, label);
        separator = ",";
    }
    if (adds_current) {
        buffer_append_text(buffer, separator);
        buffer_append_literal(buffer, "\"AWSCURRENT\"");
    }
    buffer_append_literal(buffer, "]}");
}

static int answer_made(
        struct call *call, const struct target *target, const struct version *version) {
    struct buffer *buffer = answer_begin(call);
    int error = begin_with_version(call, buffer, target, version);

    buffer_append_literal(buffer, ",\"VersionStages\":");
    append_labels(buffer, &target->secret, version);
    buffer_append_literal(buffer, "}");
    return error;
}

static int put(struct call *call, const struct target *target, struct definition *definition) {
    BUFFER_AUTO struct buffer labels = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct wanted wanted = {.count = 0};
    struct buffer *buffer;
    bool adds_current;
    int error = take_labels(call, &wanted);

    if (error != 0) {
        return error;
    }
    adds_current = !is_given(arguments_of(call), MEMBER_VERSION_STAGES) ||
                   (!wanted.is_current && target->secret.current.number == 0);
    wanted.is_current = wanted.is_current || adds_current;
    if (wanted.count + wanted.is_current + wanted.is_pending + wanted.is_previous >
            VERSION_LABELS_MAX) {
        return refuse_labels(&call->problem);
    }
    error = pack_labels(&wanted, &labels);
    if (error != 0) {
        return error;
    }
    definition->version_labels = buffer_span(&labels);
    error = put_version(call, &wanted, definition, &secret);
    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    error = begin_with_version(call, buffer, target, &secret.current);
    append_given_labels(call, buffer, adds_current);
    return error;
}

int aws_handle_put_secret_value(struct call *call) {
    struct definition definition;
    struct version made;
    struct target target;
    int error = check_token(call);

    if (error != 0) {
        return error;
    }
    error = check_value(call);
    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    take_value(call, &definition);
    if (definition.value_source != VALUE_GIVEN) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "You must provide either SecretString or SecretBinary.");
    }
    error = target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);
    if (error != 0) {
        return error;
    }
    definition.name = target.name;
    definition.is_put = true;
    error = find_made_version(call, &target, &made);
    if (error != 0) {
        return error;
    }
    return made.number != 0 ? answer_made(call, &target, &made) : put(call, &target, &definition);
}

/* Changes what UpdateSecret gives; *ret_version is the current one afterwards. */
static int update(struct call *call, const struct target *target, struct definition *definition,
        struct secret *secret) {
    const struct arguments *arguments = arguments_of(call);
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    struct span key = text_of(arguments, MEMBER_KMS_KEY_ID);
    int error = 0;

    definition->has_description = is_given(arguments, MEMBER_DESCRIPTION);
    definition->description = text_of(arguments, MEMBER_DESCRIPTION);
    if (is_given(arguments, MEMBER_KMS_KEY_ID)) {
        error = own_set(
                definition, &target->secret, OWN_KMS_KEY, key.len > 0 ? key : SPAN_NULL, &extra);
    }
    return error != 0 ? error : broker_patch(call->broker, definition, secret, &call->problem);
}

static int check_update(struct call *call) {
    int error = check_token(call);

    if (error != 0) {
        return error;
    }
    error = check_value(call);
    return error != 0 ? error : check_description(call);
}

int aws_handle_update_secret(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    struct version made;
    struct target target;
    struct buffer *buffer;
    int error = check_update(call);

    if (error != 0) {
        return error;
    }
    error = target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);
    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = target.name;
    take_value(call, &definition);
    made.number = 0;
    if (definition.value_source == VALUE_GIVEN) {
        error = find_made_version(call, &target, &made);
    }
    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    if (made.number != 0) {
        error = begin_with_version(call, buffer, &target, &made);
    } else {
        error = update(call, &target, &definition, &secret);
        if (error != 0) {
            return error;
        }
        error = definition.value_source == VALUE_GIVEN
                        ? begin_with_version(call, buffer, &target, &secret.current)
                        : target_begin(call, buffer, &target);
    }
    buffer_append_literal(buffer, "}");
    return error;
}

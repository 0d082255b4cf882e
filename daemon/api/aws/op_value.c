#include "api/aws/daily.h"
#include "api/aws/list.h"
#include "api/aws/operations.h"
#include "common/json_writer.h"

#define BATCH_DEFAULT 20

static int refuse_label(struct call *call, struct span label) {
    return refuse_with(&call->problem, AWS_NOT_FOUND,
            "Secrets Manager can't find the specified secret value for staging label: %.*s",
            SPAN_ARGS(label));
}

static int refuse_id(struct call *call, struct span id) {
    return refuse_with(&call->problem, AWS_NOT_FOUND,
            "Secrets Manager can't find the specified secret value for VersionId: %.*s",
            SPAN_ARGS(id));
}

/* The number of the version that is asked for. label: data NULL if an id was given alone. */
static int find_number(struct call *call, const struct secret *secret, struct span id,
        struct span label, uint64_t *ret_number) {
    uint64_t number = 0;
    uint64_t labelled = 0;
    int error;

    if (id.data != NULL) {
        error = number_of_id(call, secret, id, &number);
        if (error != 0) {
            return error;
        }
    }
    if (label.data != NULL) {
        error = number_of_label(call, secret, label, &labelled);
        if (error != 0) {
            return error;
        }
    }
    if (id.data != NULL && number == 0) {
        return refuse_id(call, id);
    }
    if (id.data != NULL && label.data != NULL && number != labelled) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "You provided a VersionStage that is not associated to the provided VersionId.");
    }
    *ret_number = id.data != NULL ? number : labelled;
    return *ret_number == 0 ? refuse_label(call, label) : 0;
}

static void append_value(struct buffer *buffer, const struct version *version) {
    if (version->binary) {
        buffer_append_literal(buffer, ",\"SecretBinary\":");
        json_write_base64(buffer, version->value);
    } else {
        buffer_append_literal(buffer, ",\"SecretString\":");
        json_write_text(buffer, version->value);
    }
}

int answer_value(struct call *call, const struct target *target, struct span version_id,
        struct span label, struct buffer *buffer) {
    struct secret secret;
    uint64_t number;
    int error;

    if (target->secret.is_deleted) {
        return refuse_deleted(&call->problem);
    }
    if (version_id.data == NULL && label.data == NULL) {
        label = AWSCURRENT;
    }
    error = find_number(call, &target->secret, version_id, label, &number);
    if (error != 0) {
        return error;
    }
    if (call->is_stale && target->secret.previous != 0 &&
            broker_get_version(call->broker, target->name, target->secret.previous, &secret,
                    &call->problem) == 0) {
        number = target->secret.previous;
    }
    error = broker_get_version(call->broker, target->name, number, &secret, &call->problem);
    if (error > 0) {
        return version_id.data != NULL ? refuse_id(call, version_id) : refuse_label(call, label);
    }
    if (error != 0) {
        return error;
    }
    error = begin_with_version(call, buffer, target, &secret.current);
    append_value(buffer, &secret.current);
    if (bears_labels(&target->secret, &secret.current)) {
        buffer_append_literal(buffer, ",\"VersionStages\":");
        append_labels(buffer, &target->secret, &secret.current);
    }
    append_time_member(buffer, "CreatedDate", secret.current.made_at);
    buffer_append_literal(buffer, "}");
    daily_note(call->broker, target->name, target->born_after, number);
    mentions_add(&call->told, target->name, &secret.current);
    return error;
}

int aws_handle_get_secret_value(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    struct target target;
    int error = target_find(call, text_of(arguments, MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    return answer_value(call, &target, text_of(arguments, MEMBER_VERSION_ID),
            text_of(arguments, MEMBER_VERSION_STAGE), answer_begin(call));
}

/* Values and errors of a batch. */
struct batch {
    struct call *call;
    struct buffer values;
    struct buffer errors;
};

static void batch_deinit(struct batch *batch) {
    buffer_deinit(&batch->values);
    buffer_deinit(&batch->errors);
}

static void append_error(struct batch *batch, struct span secret_id, int outcome) {
    struct buffer *buffer = &batch->errors;

    buffer_append_text(buffer, buffer->len > 0 ? "," : "");
    buffer_append_literal(buffer, "{\"SecretId\":");
    json_write_text(buffer, secret_id);
    buffer_append_literal(buffer, ",\"ErrorCode\":");
    json_write_text(buffer, span_of(refusal_code(outcome, &batch->call->problem)));
    buffer_append_literal(buffer, ",\"Message\":");
    json_write_text(buffer, span_of(refusal_sentence(outcome, &batch->call->problem)));
    buffer_append_literal(buffer, "}");
    batch->call->problem = PROBLEM_NULL;
}

static int read_one(struct batch *batch, struct span secret_id) {
    struct target target;
    int error = target_find(batch->call, secret_id, &target);

    if (error != 0) {
        return error;
    }
    if (target.secret.is_deleted) {
        return refuse_with(&batch->call->problem, AWS_INVALID_REQUEST,
                "You tried to perform the operation on a secret that's currently marked deleted.");
    }
    return answer_value(batch->call, &target, SPAN_NULL, SPAN_NULL, &batch->values);
}

/* Adds a value, or an error in its place. */
static int add(struct batch *batch, struct span secret_id) {
    size_t before = batch->values.len;
    int error;

    buffer_append_text(&batch->values, before > 0 ? "," : "");
    error = read_one(batch, secret_id);
    if (error <= 0) {
        return error;
    }
    buffer_truncate(&batch->values, before);
    append_error(batch, secret_id, error);
    return 0;
}

static int answer_batch(struct batch *batch, const struct page *page) {
    struct buffer *buffer = answer_begin(batch->call);

    if (buffer_finish(&batch->values) != 0 || buffer_finish(&batch->errors) != 0) {
        return -ENOMEM;
    }
    buffer_append_literal(buffer, "{\"SecretValues\":[");
    buffer_append_span(buffer, buffer_span(&batch->values));
    buffer_append_literal(buffer, "],\"Errors\":[");
    buffer_append_span(buffer, buffer_span(&batch->errors));
    buffer_append_literal(buffer, "]");
    append_next_token(buffer, page);
    buffer_append_literal(buffer, "}");
    return 0;
}

static int read_listed(struct batch *batch) {
    const struct arguments *arguments = arguments_of(batch->call);
    const struct argument *ids = &arguments->of[MEMBER_SECRET_ID_LIST];
    const struct page no_page = {.has_more = false};

    for (size_t at = 0; at < ids->count; at++) {
        int error = add(batch, element_of(arguments, ids, at, 1, 0)->text);

        if (error != 0) {
            return error;
        }
    }
    return answer_batch(batch, &no_page);
}

static int read_filtered(struct batch *batch) {
    GK_CLEANUP(page_deinit)
    struct page page = {.limit = (size_t)number_of(arguments_of(batch->call),
                                MEMBER_BATCH_MAX_RESULTS, BATCH_DEFAULT)};
    int error = page_read(batch->call, &page);

    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < page.count; at++) {
        error = add(batch, page_path(&page, at));
        if (error != 0) {
            return error;
        }
    }
    return answer_batch(batch, &page);
}

int aws_handle_batch_get(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    GK_CLEANUP(batch_deinit) struct batch batch = {.call = call};
    bool has_filters = arguments->of[MEMBER_FILTERS].count > 0;
    bool has_ids = is_given(arguments, MEMBER_SECRET_ID_LIST);

    if (has_ids && has_filters) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "Either 'SecretIdList' or 'Filters' must be provided, but not both.");
    }
    if (!has_filters && is_given(arguments, MEMBER_BATCH_MAX_RESULTS)) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is "
                "provided.");
    }
    if (!has_filters && !has_ids) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "Either 'SecretIdList' or 'Filters' must be provided.");
    }
    return has_ids ? read_listed(&batch) : read_filtered(&batch);
}

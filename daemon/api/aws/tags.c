#include "api/aws/tags.h"

#include "api/aws/own.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request_json.h"
#include "common/json_writer.h"

#define TAG_ROTATION "ghostkey:rotation"

/* Whether the policy holds values of secrets, which no tag may show. */
static bool has_list(const struct policy *policy) {
    for (size_t at = 0; at < policy->parameter_count; at++) {
        if (policy->parameters[at].type == PARAMETER_LIST) {
            return true;
        }
    }
    return false;
}

/*
 * Whether a text is how documents show the policy, so that it is a tag that is written back as it
 * was read. Rotation may have been switched on or off meanwhile.
 */
static bool is_shown(struct span text, struct policy policy) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;

    reply_policy(&shown, &policy);
    if (span_equals(text, buffer_span(&shown))) {
        return true;
    }
    buffer_clear(&shown);
    policy.on_expiry = !policy.on_expiry;
    reply_policy(&shown, &policy);
    return span_equals(text, buffer_span(&shown));
}

/* A policy as JSON, or the name of a strategy. */
static int read_policy(struct call *call, struct span text, struct definition *definition,
        struct buffer *bytes, struct policy *ret_policy) {
    size_t value_max_bytes = broker_value_max_bytes(call->broker);
    struct json_reader reader = json_reader_of(text);
    struct reading reading = {
            .body = {.text = text, .bytes = bytes, .problem = &call->problem},
            .definition = definition,
            .value_max_bytes = value_max_bytes,
    };
    struct json_reader_value value;
    int error;

    definition->policy = (struct policy_change){.given = true, .strategy = text};
    if (text.len > 0 && text.data[0] == '{') {
        definition->policy = (struct policy_change){.given = true};
        value = json_reader_next(&reader);
        if (json_reader_finish(&reader) != 0) {
            return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                    "The tag " TAG_ROTATION " is no policy: it is not valid JSON.");
        }
        error = request_read_rotation(&reading, &value);
        if (error != 0) {
            return error;
        }
    }
    return policy_change_check(&definition->policy, value_max_bytes, ret_policy, &call->problem);
}

/* Sets the policy. In the label, one with a list of values stands as documents show it. */
static int take_policy(struct call *call, const struct policy *before, struct label *label,
        struct definition *definition, struct tag_texts *texts) {
    struct policy policy;
    int error;

    if (before != NULL && has_list(before) && is_shown(label->value, *before)) {
        return 0;
    }
    error = read_policy(call, label->value, definition, &texts->decoded, &policy);
    if (error != 0 || !has_list(&policy)) {
        return error;
    }
    reply_policy(&texts->shown, &policy);
    error = buffer_finish(&texts->shown);
    if (error != 0) {
        return error;
    }
    label->value = buffer_span(&texts->shown);
    return 0;
}

void tag_texts_deinit(struct tag_texts *texts) {
    buffer_deinit(&texts->decoded);
    buffer_deinit(&texts->shown);
}

static int take_tag(struct call *call, const struct policy *before, const struct argument *members,
        struct definition *definition, struct tag_texts *texts) {
    struct label label = {members[TAG_KEY].text, members[TAG_VALUE].text};

    if (!members[TAG_KEY].given) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER, "A tag must have a Key.");
    }
    if (label.value.data == NULL) {
        label.value = SPAN_LITERAL("");
    }
    if (label.name.len > GK_LABEL_NAME_MAX_BYTES || label.value.len > GK_LABEL_VALUE_MAX_BYTES) {
        return refuse_with(&call->problem, AWS_VALIDATION,
                "A tag has at most %d bytes of key and %d of value.", GK_LABEL_NAME_MAX_BYTES,
                GK_LABEL_VALUE_MAX_BYTES);
    }
    if (span_is(label.name, TAG_ROTATION)) {
        int error = take_policy(call, before, &label, definition, texts);

        if (error != 0) {
            return error;
        }
    }
    definition->labels[definition->label_count++] = label;
    return 0;
}

int tags_take(struct call *call, const struct policy *before, struct definition *definition,
        struct tag_texts *texts) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *tags = &arguments->of[MEMBER_TAGS];

    definition->has_labels = true;
    for (size_t at = 0; at < tags->count; at++) {
        int error = take_tag(
                call, before, element_of(arguments, tags, at, TAG_MEMBERS, 0), definition, texts);

        if (error != 0) {
            return error;
        }
    }
    labels_sort(definition->labels, definition->label_count);
    for (size_t at = 1; at < definition->label_count; at++) {
        if (span_equals(definition->labels[at - 1].name, definition->labels[at].name)) {
            return refuse_with(
                    &call->problem, AWS_INVALID_PARAMETER, "A tag key is given more than once.");
        }
    }
    return 0;
}

void append_tags(struct buffer *buffer, const struct secret *secret) {
    struct span rest = secret->labels;
    const char *separator = "";
    struct label label;

    if (rest.len == 0 && own_text(secret, OWN_TAGS).data == NULL) {
        return;
    }
    buffer_append_literal(buffer, ",\"Tags\":[");
    while (labels_next(&rest, &label)) {
        buffer_append_text(buffer, separator);
        buffer_append_literal(buffer, "{\"Key\":");
        json_write_text(buffer, label.name);
        buffer_append_literal(buffer, ",\"Value\":");
        json_write_text(buffer, label.value);
        buffer_append_literal(buffer, "}");
        separator = ",";
    }
    buffer_append_literal(buffer, "]");
}

#include "api/aws/tags.h"

#include "api/aws/own.h"
#include "api/ghostkey/request_json.h"
#include "common/json_writer.h"

#define TAG_ROTATION "ghostkey:rotation"

/* A policy as JSON, or the name of a strategy. */
static int take_policy(
        struct call *call, struct span text, struct definition *definition, struct buffer *bytes) {
    size_t value_max_bytes = broker_value_max_bytes(call->broker);
    struct json_reader reader = json_reader_of(text);
    struct reading reading = {
            .body = {.text = text, .bytes = bytes, .problem = &call->problem},
            .definition = definition,
            .value_max_bytes = value_max_bytes,
    };
    struct json_reader_value value;
    struct policy policy;
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
    return policy_change_check(&definition->policy, value_max_bytes, &policy, &call->problem);
}

static int take_tag(struct call *call, const struct argument *members,
        struct definition *definition, struct buffer *bytes) {
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
    definition->labels[definition->label_count++] = label;
    return span_is(label.name, TAG_ROTATION) ? take_policy(call, label.value, definition, bytes)
                                             : 0;
}

int tags_take(struct call *call, struct definition *definition, struct buffer *bytes) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *tags = &arguments->of[MEMBER_TAGS];

    definition->has_labels = true;
    for (size_t at = 0; at < tags->count; at++) {
        int error =
                take_tag(call, element_of(arguments, tags, at, TAG_MEMBERS, 0), definition, bytes);

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

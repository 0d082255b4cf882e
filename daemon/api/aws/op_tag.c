#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "api/aws/tags.h"

#define TAGS_MAX 50

/* Keeps the change, and that the secret had tags: its list of tags is shown from now on. */
static int keep(struct call *call, const struct target *target, struct definition *definition) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = own_set(definition, &target->secret, OWN_TAGS, SPAN_LITERAL("1"), &extra);

    if (error != 0) {
        return error;
    }
    definition->name = target->name;
    error = broker_patch(call->broker, definition, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    buffer_append_literal(answer_begin(call), "{}");
    return 0;
}

/* AWS's limit; GhostKey's own labels may be more. */
static int check_tag_count(
        struct call *call, const struct target *target, const struct definition *definition) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    size_t count = labels_patch(
            target->secret.labels, definition->labels, definition->label_count, &packed);

    if (count <= TAGS_MAX) {
        return 0;
    }
    return refuse_with(
            &call->problem, AWS_INVALID_PARAMETER, "A secret has at most %d tags.", TAGS_MAX);
}

int aws_handle_tag(struct call *call) {
    GK_CLEANUP(tag_texts_deinit) struct tag_texts texts = TAG_TEXTS_NULL;
    struct definition definition;
    struct target target;
    int error = target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    error = tags_take(call, &target.secret.policy, &definition, &texts);
    if (error != 0) {
        return error;
    }
    error = check_tag_count(call, &target, &definition);
    if (error != 0) {
        return error;
    }
    return keep(call, &target, &definition);
}

int aws_handle_untag(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *keys = &arguments->of[MEMBER_TAG_KEYS];
    struct definition definition;
    struct target target;
    int error = target_find_live(call, text_of(arguments, MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.has_labels = true;
    for (size_t at = 0; at < keys->count; at++) {
        definition.labels[definition.label_count++] =
                (struct label){.name = element_of(arguments, keys, at, 1, 0)->text};
    }
    labels_sort(definition.labels, definition.label_count);
    return keep(call, &target, &definition);
}

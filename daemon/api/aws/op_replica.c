#include "api/aws/arn.h"
#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "broker/own.h"

int check_replica_regions(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *list = &arguments->of[MEMBER_ADD_REPLICA_REGIONS];

    for (size_t at = 0; at < list->count; at++) {
        struct span region = element_of(arguments, list, at, REPLICA_MEMBERS, REPLICA_REGION)->text;

        if (!is_region(region) || span_equals(region, ask_of(call)->region)) {
            return refuse_with(&call->problem, AWS_INVALID_PARAMETER, "Invalid replica region.");
        }
    }
    return 0;
}

/* Replaces the primary's list of replicas. */
static int keep_list(struct call *call, struct target *target, struct span list) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = target->name;
    error = own_set(
            &definition, &target->secret, OWN_REPLICAS, list.len > 0 ? list : SPAN_NULL, &extra);
    if (error != 0) {
        return error;
    }
    error = broker_patch(call->broker, &definition, &secret, &call->problem);
    return error != 0 ? error : target_read(call, target);
}

/* Changes one entry of a packed list; value: data NULL removes it. */
static int change_list(
        struct call *call, struct buffer *list, struct span region, struct span value) {
    BUFFER_AUTO struct buffer changed = BUFFER_NULL;
    const struct label change = {region, value};
    size_t count = labels_patch(buffer_span(list), &change, 1, &changed);
    int error = buffer_finish(&changed);

    if (error != 0) {
        return error;
    }
    if (count > GK_LABELS_MAX || changed.len > OWN_TEXT_MAX_BYTES) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "A secret has at most %d replicas, of %d bytes together.", GK_LABELS_MAX,
                OWN_TEXT_MAX_BYTES);
    }
    buffer_clear(list);
    buffer_append_span(list, buffer_span(&changed));
    return buffer_finish(list);
}

int remove_from_list(struct call *call, struct target *target, struct span region) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    int error;

    buffer_append_span(&list, own_text(&target->secret, OWN_REPLICAS));
    error = change_list(call, &list, region, SPAN_NULL);
    return error != 0 ? error : keep_list(call, target, buffer_span(&list));
}

/* Looks for what answers to the primary's name there; its name is empty: nothing does. */
static int find_there(
        struct call *call, const struct target *target, struct span region, struct target *there) {
    int error = target_find_path(call, region, target->path, there);

    if (error != 0 && error != GK_E_NO_SECRET) {
        return error;
    }
    call->problem = PROBLEM_NULL;
    if (error != 0) {
        there->name = SPAN_NULL;
    }
    return 0;
}

static int plan_replica(struct call *call, const struct target *target,
        const struct argument *members, struct buffer *list) {
    struct span key = members[REPLICA_KMS_KEY_ID].text;
    struct target there;
    int error = find_there(call, target, members[REPLICA_REGION].text, &there);

    return error != 0 ? error
                      : change_list(call, list, members[REPLICA_REGION].text,
                                key.len > 0 ? key : SPAN_LITERAL(""));
}

int check_replicas(struct call *call, const struct target *target) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *added = &arguments->of[MEMBER_ADD_REPLICA_REGIONS];
    BUFFER_AUTO struct buffer list = BUFFER_NULL;

    buffer_append_span(&list, own_text(&target->secret, OWN_REPLICAS));
    for (size_t at = 0; at < added->count; at++) {
        int error = plan_replica(
                call, target, element_of(arguments, added, at, REPLICA_MEMBERS, 0), &list);

        if (error != 0) {
            return error;
        }
    }
    return buffer_finish(&list);
}

static int keep_entry(struct call *call, const struct target *target, struct span region) {
    char place[REPLICA_KEY_MAX_BYTES];
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    int error;

    buffer_append_span(&bytes, target->region);
    buffer_append_byte(&bytes, '\0');
    buffer_append_decimal(&bytes, target->born_after);
    error = buffer_finish(&bytes);
    if (error != 0) {
        return error;
    }
    return broker_own_put(
            call->broker, OWNER_AWS, replica_key(place, region, target->path), buffer_span(&bytes));
}

/*
 * Makes the replica. What has the name there goes if the request says so. Else a secret of the
 * region itself hides the replica, and one of another primary stays.
 */
static int make_replica(struct call *call, const struct target *target, struct span region) {
    bool overwrites = number_of(arguments_of(call), MEMBER_FORCE_OVERWRITE, 0) != 0;
    struct target there;
    instant gone_at;
    int error = find_there(call, target, region, &there);

    if (error != 0) {
        return error;
    }
    if (there.name.data != NULL && there.primary.data == NULL && overwrites) {
        error = broker_delete(call->broker, there.name, NULL, 0, &gone_at, &call->problem);
        if (error != 0) {
            return error;
        }
    }
    error = target_find_replica(call, region, target->path, &there);
    call->problem = PROBLEM_NULL;
    if (error < 0) {
        return error;
    }
    return error == 0 && !overwrites ? 0 : keep_entry(call, target, region);
}

static int add_replica(struct call *call, struct target *target, const struct argument *members) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    int error;

    buffer_append_span(&list, own_text(&target->secret, OWN_REPLICAS));
    error = plan_replica(call, target, members, &list);
    if (error != 0) {
        return error;
    }
    error = make_replica(call, target, members[REPLICA_REGION].text);
    return error != 0 ? error : keep_list(call, target, buffer_span(&list));
}

int add_replicas(struct call *call, struct target *target) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *added = &arguments->of[MEMBER_ADD_REPLICA_REGIONS];

    for (size_t at = 0; at < added->count; at++) {
        int error = add_replica(call, target, element_of(arguments, added, at, REPLICA_MEMBERS, 0));

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int answer_replicas(struct call *call, const struct target *target) {
    struct buffer *buffer = answer_begin(call);
    int error = target_begin_arn(call, buffer, target);

    if (own_text(&target->secret, OWN_REPLICAS).len == 0) {
        buffer_append_literal(buffer, ",\"ReplicationStatus\":[]");
    }
    if (error != 0) {
        return error;
    }
    error = append_replicas(call, buffer, target);
    buffer_append_literal(buffer, "}");
    return error;
}

int aws_handle_replicate(struct call *call) {
    struct target target;
    int error = target_find_live(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    error = check_replica_regions(call);
    if (error != 0) {
        return error;
    }
    error = check_replicas(call, &target);
    if (error != 0) {
        return error;
    }
    error = add_replicas(call, &target);
    return error != 0 ? error : answer_replicas(call, &target);
}

/* Removes the replica of that region, if there is one. */
static int remove_replica(struct call *call, struct target *target, struct span region) {
    char place[REPLICA_KEY_MAX_BYTES];
    struct target there;
    int error = is_region(region) ? target_find_replica(call, region, target->path, &there)
                                  : GK_E_NO_SECRET;

    call->problem = PROBLEM_NULL;
    if (error == 0 && span_equals(there.name, target->name)) {
        error = broker_own_delete(
                call->broker, OWNER_AWS, replica_key(place, region, target->path));
    }
    return error < 0 ? error : remove_from_list(call, target, region);
}

int aws_handle_remove_replicas(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *list = &arguments->of[MEMBER_REMOVE_REPLICA_REGIONS];
    struct target target;
    int error = target_find_live(call, text_of(arguments, MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < list->count; at++) {
        error = remove_replica(call, &target, element_of(arguments, list, at, 1, 0)->text);
        if (error != 0) {
            return error;
        }
    }
    return answer_replicas(call, &target);
}

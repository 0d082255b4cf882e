#include "api/aws/arn.h"
#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "broker/own.h"
#include "broker/staging.h"

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

static int remove_from_list(struct call *call, struct target *target, struct span region) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    int error;

    buffer_append_span(&list, own_text(&target->secret, OWN_REPLICAS));
    error = change_list(call, &list, region, SPAN_NULL);
    return error != 0 ? error : keep_list(call, target, buffer_span(&list));
}

/*
 * Looks for what has a replica's name, there; its name is empty: nothing has it. *ret_is_free: the
 * replica can be made.
 */
static int find_place(struct call *call, const struct target *target, struct span region,
        struct target *there, bool *ret_is_free) {
    int error = target_find_path(call, region, target->path, there);

    if (error != 0 && error != GK_E_NO_SECRET) {
        return error;
    }
    call->problem = PROBLEM_NULL;
    if (error != 0) {
        there->name = SPAN_NULL;
    }
    *ret_is_free = error != 0 || span_equals(there->name, target->name) ||
                   number_of(arguments_of(call), MEMBER_FORCE_OVERWRITE, 0) != 0;
    return 0;
}

static int plan_replica(struct call *call, const struct target *target,
        const struct argument *members, struct buffer *list) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct target there;
    bool is_free;
    int error = find_place(call, target, members[REPLICA_REGION].text, &there, &is_free);

    if (error != 0) {
        return error;
    }
    buffer_append_byte(&value, is_free ? REPLICA_OK : REPLICA_FAILED);
    buffer_append_span(&value, members[REPLICA_KMS_KEY_ID].text);
    error = buffer_finish(&value);
    return error != 0 ? error
                      : change_list(call, list, members[REPLICA_REGION].text, buffer_span(&value));
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

/* Makes the replica, if that is possible; a secret of its own that is in the way goes. */
static int make_replica(struct call *call, const struct target *target, struct span region) {
    struct target there;
    instant gone_at;
    bool is_free;
    int error = find_place(call, target, region, &there, &is_free);

    if (error != 0 || !is_free) {
        return error;
    }
    if (there.name.data != NULL && there.primary.data == NULL) {
        error = broker_delete(call->broker, there.name, NULL, 0, &gone_at, &call->problem);
    }
    return error != 0 ? error : keep_entry(call, target, region);
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
    append_replicas(buffer, target);
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
    int error = is_region(region) ? target_find_path(call, region, target->path, &there)
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

    for (size_t at = 0; error == 0 && at < list->count; at++) {
        error = remove_replica(call, &target, element_of(arguments, list, at, 1, 0)->text);
    }
    return error != 0 ? error : answer_replicas(call, &target);
}

/* A version of the replica, to be put under the name that it gets as a secret of its own. */
static int copy_version(struct call *call, const struct target *target,
        struct definition *definition, uint64_t number, bool is_pending) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    BUFFER_AUTO struct buffer texts = BUFFER_NULL;
    SECRET_AUTO struct secret copied = SECRET_NULL;
    struct secret secret;
    int error = number == 0 ? GK_E_NO_VERSION
                            : broker_get_version(
                                      call->broker, target->name, number, &secret, &call->problem);

    call->problem = PROBLEM_NULL;
    if (error != 0) {
        return error < 0 ? error : 0; /* one that is not live is left behind */
    }
    error = broker_version_id(call->broker, target->name, &secret.current, &texts);
    buffer_append_span(&value, secret.current.value);
    if (error == 0) {
        error = buffer_finish(&value) != 0 ? -ENOMEM : buffer_finish(&texts);
    }
    if (error != 0) {
        return error;
    }
    definition->value_source = VALUE_GIVEN;
    definition->value = value.len > 0 ? buffer_span(&value) : SPAN_LITERAL("");
    definition->binary = secret.current.binary;
    definition->version_id = buffer_span(&texts);
    definition->version_labels = secret.current.labels;
    return is_pending ? broker_put_aside(call->broker, definition, true, &copied, &call->problem)
                      : broker_put(call->broker, definition, &copied, &call->problem);
}

/*
 * Whether the replica can become a secret of its own: its current version is live, and what is
 * copied is not larger than values may be by now.
 */
static int check_copy(struct call *call, const struct target *target) {
    const uint64_t numbers[] = {
            target->secret.current.number, target->secret.previous, target->secret.pending};
    struct secret secret;

    if (target->secret.is_deleted) {
        return refuse_deleted(&call->problem);
    }
    for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
        int error = numbers[at] == 0 ? GK_E_NO_VERSION
                                     : broker_get_version(call->broker, target->name, numbers[at],
                                               &secret, &call->problem);

        call->problem = PROBLEM_NULL;
        if (error < 0) {
            return error;
        }
        if (error != 0 && at == 0 && numbers[at] != 0) {
            return refuse_with(&call->problem, AWS_NOT_FOUND,
                    "Secrets Manager can't find the specified secret value for staging label: "
                    "AWSCURRENT");
        }
        if (error == 0 && secret.current.value.len > broker_value_max_bytes(call->broker)) {
            return refuse_with(&call->problem, AWS_VALIDATION,
                    "A value of the replica is larger than the largest allowed.");
        }
    }
    return 0;
}

/* Makes the replica a secret of its own, under name, with the values that it has. */
static int copy(struct call *call, const struct target *target, struct span name) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    BUFFER_AUTO struct buffer description = BUFFER_NULL;
    BUFFER_AUTO struct buffer labels = BUFFER_NULL;
    SECRET_AUTO struct secret copied = SECRET_NULL;
    const struct secret none = SECRET_NULL;
    struct definition definition;
    struct label label;
    struct span rest;
    bool is_off;
    char env_place[GK_NAME_MAX_BYTES + 1];
    char id[ARN_ID_CHARS];
    uint64_t current = target->secret.current.number;
    uint64_t previous = target->secret.previous;
    uint64_t pending = target->secret.pending != current ? target->secret.pending : 0;
    int error = arn_id(call->broker, &target->secret, target->born_after, id);

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    buffer_append_span(&description, target->secret.description);
    buffer_append_span(&labels, target->secret.labels); /* a change moves what is in the store */
    if (error == 0) {
        error = own_set(&definition, &none, OWN_ARN, (struct span){id, sizeof(id)}, &extra);
    }
    if (error == 0) {
        error = buffer_finish(&description) != 0 ? -ENOMEM : buffer_finish(&labels);
    }
    if (error != 0) {
        return error;
    }
    definition.name = name;
    definition.env = env_of_path(
            ask_of(call)->region, ask_of(call)->home, target->path, name, env_place, &is_off);
    definition.env_source = is_off                        ? ENV_OFF
                            : definition.env.data != NULL ? ENV_NAMED
                                                          : ENV_DEFAULT;
    definition.description = buffer_span(&description);
    definition.has_labels = true;
    for (rest = buffer_span(&labels); labels_next(&rest, &label);) {
        definition.labels[definition.label_count++] = label;
    }
    if (current == 0) {
        definition.value_source = VALUE_NONE;
        return broker_put(call->broker, &definition, &copied, &call->problem);
    }
    error = copy_version(call, target, &definition, previous, false);
    error = error != 0 ? error : copy_version(call, target, &definition, current, false);
    return error != 0 ? error : copy_version(call, target, &definition, pending, true);
}

int aws_handle_stop_replication(struct call *call) {
    const struct ask *ask = ask_of(call);
    char key_place[REPLICA_KEY_MAX_BYTES];
    char name_place[GK_NAME_MAX_BYTES];
    struct target target;
    struct buffer *buffer;
    struct span name;
    int error = target_find(call, text_of(ask->arguments, MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    if (target.primary.data == NULL) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "The secret is no replica. Call must be made in the replica's region.");
    }
    error = check_copy(call, &target);
    if (error != 0) {
        return error;
    }
    error = name_of_path(ask->region, ask->home, target.path, name_place, &name, &call->problem);
    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    error = target_begin_arn(call, buffer, &target);
    buffer_append_literal(buffer, "}");
    error = error != 0 ? error : copy(call, &target, name);
    if (error != 0) {
        return error;
    }
    error = broker_own_delete(
            call->broker, OWNER_AWS, replica_key(key_place, ask->region, target.path));
    error = error != 0 ? error : target_read(call, &target);
    return error != 0 ? error : remove_from_list(call, &target, ask->region);
}

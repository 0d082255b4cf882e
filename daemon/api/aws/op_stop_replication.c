/*
 * StopReplicationToReplica: the replica becomes a secret of its own with all that it showed. As on
 * AWS it does not rotate by itself until RotateSecret says so.
 */
#include "api/aws/arn.h"
#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "broker/own.h"
#include "broker/staging.h"

/* The replica that is copied, to a secret of its own. */
struct copying {
    struct call *call;
    const struct target *target;
    struct definition *definition; /* of the copy */
    struct buffer *numbers;        /* of the versions to be copied, in this order */
    uint64_t pending;              /* of the copy, that is pending and current or previous */
};

static void note_number(void *userdata, const struct version *version) {
    struct copying *copying = userdata;
    const struct secret *secret = &copying->target->secret;

    if (version->state == VERSION_LIVE && version->number != secret->previous &&
            version->number != secret->current.number && bears_labels(secret, version)) {
        buffer_append(copying->numbers, &version->number, sizeof(version->number));
    }
}

/* The previous version, the current one, then the others that bear labels. */
static int note_numbers(struct copying *copying) {
    const struct secret *secret = &copying->target->secret;
    int error;

    if (secret->previous != 0 && secret->previous != secret->current.number) {
        buffer_append(copying->numbers, &secret->previous, sizeof(secret->previous));
    }
    buffer_append(copying->numbers, &secret->current.number, sizeof(secret->current.number));
    error = broker_versions(copying->call->broker, secret, note_number, copying);
    return error != 0 ? error : buffer_finish(copying->numbers);
}

static size_t count_of(const struct copying *copying) {
    return copying->numbers->len / sizeof(uint64_t);
}

static uint64_t number_at(const struct copying *copying, size_t at) {
    uint64_t number;

    memcpy(&number, copying->numbers->data + at * sizeof(number), sizeof(number));
    return number;
}

static int read_version(const struct copying *copying, uint64_t number, struct secret *ret_secret) {
    struct call *call = copying->call;
    int error = broker_get_version(
            call->broker, copying->target->name, number, ret_secret, &call->problem);

    call->problem = PROBLEM_NULL;
    return error;
}

/* Whether its current version is live, and none is larger than values may be by now. */
static int check_versions(const struct copying *copying) {
    struct call *call = copying->call;
    struct secret secret;

    for (size_t at = 0; at < count_of(copying); at++) {
        uint64_t number = number_at(copying, at);
        int error = read_version(copying, number, &secret);

        if (error < 0) {
            return error;
        }
        if (error != 0 && number == copying->target->secret.current.number) {
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

/* Puts the version; one that is neither current nor previous is kept aside. */
static int put_version(struct copying *copying, const struct version *version, uint64_t number) {
    const struct secret *secret = &copying->target->secret;
    struct call *call = copying->call;
    SECRET_AUTO struct secret copied = SECRET_NULL;
    bool is_aside = number != secret->current.number && number != secret->previous;
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    BUFFER_AUTO struct buffer labels = BUFFER_NULL;
    BUFFER_AUTO struct buffer id = BUFFER_NULL;
    int error = broker_version_id(call->broker, copying->target->name, version, &id);

    if (error != 0) {
        return error;
    }
    buffer_append_span(&value, version->value); /* a change moves what is in the store */
    buffer_append_span(&labels, version->labels);
    if (buffer_finish(&value) != 0 || buffer_finish(&labels) != 0 || buffer_finish(&id) != 0) {
        return -ENOMEM;
    }
    copying->definition->value_source = VALUE_GIVEN;
    copying->definition->value = value.len > 0 ? buffer_span(&value) : SPAN_LITERAL("");
    copying->definition->binary = version->binary;
    copying->definition->version_id = buffer_span(&id);
    copying->definition->version_labels = buffer_span(&labels);
    error = is_aside ? broker_put_aside(call->broker, copying->definition,
                               number == secret->pending, &copied, &call->problem)
                     : broker_put(call->broker, copying->definition, &copied, &call->problem);
    if (error != 0) {
        return error;
    }
    if (!is_aside && number == secret->pending) {
        copying->pending = copied.current.number;
    }
    return 0;
}

static int copy_versions(struct copying *copying) {
    SECRET_AUTO struct secret moved = SECRET_NULL;
    struct call *call = copying->call;
    struct secret secret;

    for (size_t at = 0; at < count_of(copying); at++) {
        uint64_t number = number_at(copying, at);
        int error = read_version(copying, number, &secret);

        if (error < 0) {
            return error;
        }
        if (error > 0) {
            continue; /* one that is not live is left behind */
        }
        error = put_version(copying, &secret.current, number);
        if (error != 0) {
            return error;
        }
    }
    return copying->pending == 0 ? 0
                                 : broker_set_stage(call->broker, copying->definition->name,
                                           STAGE_PENDING, copying->pending, &moved, &call->problem);
}

/* What AWS alone knows of the replica. */
static int copy_own(const struct copying *copying, struct buffer *extra) {
    static const char *const names[] = {OWN_POLICY, OWN_TAGS};
    const struct target *target = copying->target;
    const struct secret none = SECRET_NULL;
    char id[ARN_ID_CHARS];
    int error = arn_id(copying->call->broker, &target->secret, target->born_after, id);

    if (error != 0) {
        return error;
    }
    error = own_set(copying->definition, &none, OWN_ARN, (struct span){id, sizeof(id)}, extra);
    if (error != 0) {
        return error;
    }
    error = own_set_given(copying->definition, &none, OWN_KMS_KEY, target_key(target), extra);
    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
        error = own_set(
                copying->definition, &none, names[at], own_text(&target->secret, names[at]), extra);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* The policy that makes the same values, without rotation by itself. */
static void copy_policy(const struct policy *policy, struct policy_change *change) {
    const struct strategy *strategy = strategy_find(policy->strategy);

    *change = (struct policy_change){.given = true,
            .strategy = span_of(strategy->name),
            .has_grace = true,
            .grace_s = policy->grace_s,
            .parameter_count = policy->parameter_count};
    for (size_t at = 0; at < policy->parameter_count; at++) {
        change->parameters[at].name = strategy->parameters[at].name;
        change->parameters[at].value = policy->parameters[at];
    }
}

/* A copy of the secret's own that no change of the store moves. */
struct kept_texts {
    struct buffer description;
    struct buffer labels;
    struct buffer parameters[POLICY_PARAMETERS_MAX];
};

static void kept_texts_deinit(struct kept_texts *texts) {
    buffer_deinit(&texts->description);
    buffer_deinit(&texts->labels);
    for (size_t at = 0; at < POLICY_PARAMETERS_MAX; at++) {
        buffer_deinit(&texts->parameters[at]);
    }
}

static int keep_text(struct buffer *buffer, struct span *text) {
    buffer_append_span(buffer, *text);
    if (text->data != NULL && text->len > 0) {
        *text = buffer_span(buffer);
    }
    return buffer_finish(buffer);
}

/* What the copy has besides its versions. */
static int define(const struct copying *copying, struct kept_texts *texts) {
    const struct secret *secret = &copying->target->secret;
    struct definition *definition = copying->definition;
    struct span labels = secret->labels;
    int error;

    copy_policy(&secret->policy, &definition->policy);
    for (size_t at = 0; at < definition->policy.parameter_count; at++) {
        error = keep_text(&texts->parameters[at], &definition->policy.parameters[at].value.text);
        if (error != 0) {
            return error;
        }
    }
    definition->description = secret->description;
    error = keep_text(&texts->description, &definition->description);
    if (error != 0) {
        return error;
    }
    error = keep_text(&texts->labels, &labels);
    if (error != 0) {
        return error;
    }
    definition->has_labels = true;
    while (labels_next(&labels, &definition->labels[definition->label_count])) {
        definition->label_count += 1;
    }
    return 0;
}

/* Makes the replica a secret of its own. */
static int copy(struct copying *copying) {
    GK_CLEANUP(kept_texts_deinit) struct kept_texts texts = {.description = BUFFER_NULL};
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret copied = SECRET_NULL;
    char env_place[GK_NAME_MAX_BYTES + 1];
    struct definition *definition = copying->definition;
    const struct ask *ask = ask_of(copying->call);
    bool is_off;
    int error = copy_own(copying, &extra);

    if (error != 0) {
        return error;
    }
    error = define(copying, &texts);
    if (error != 0) {
        return error;
    }
    definition->env = env_of_path(
            ask->region, ask->home, copying->target->path, definition->name, env_place, &is_off);
    definition->env_source = is_off                         ? ENV_OFF
                             : definition->env.data != NULL ? ENV_NAMED
                                                            : ENV_DEFAULT;
    if (copying->target->secret.current.number != 0) {
        return copy_versions(copying);
    }
    definition->value_source = VALUE_NONE;
    return broker_put(copying->call->broker, definition, &copied, &copying->call->problem);
}

static int check_copy(struct copying *copying) {
    const struct secret *secret = &copying->target->secret;
    int error;

    if (secret->is_deleted) {
        return refuse_deleted(&copying->call->problem);
    }
    if (secret->current.number == 0) {
        return 0;
    }
    error = note_numbers(copying);
    return error != 0 ? error : check_versions(copying);
}

/* Copies the replica, then takes it from its primary. */
static int stop(struct call *call, struct target *target) {
    const struct ask *ask = ask_of(call);
    char key_place[REPLICA_KEY_MAX_BYTES];
    char name_place[GK_NAME_MAX_BYTES];
    BUFFER_AUTO struct buffer numbers = BUFFER_NULL;
    struct definition definition;
    struct copying copying = {
            .call = call, .target = target, .definition = &definition, .numbers = &numbers};
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    error = name_of_path(
            ask->region, ask->home, target->path, name_place, &definition.name, &call->problem);
    if (error != 0) {
        return error;
    }
    error = check_copy(&copying);
    if (error != 0) {
        return error;
    }
    error = copy(&copying);
    if (error != 0) {
        return error;
    }
    error = broker_own_delete(
            call->broker, OWNER_AWS, replica_key(key_place, ask->region, target->path));
    if (error != 0) {
        return error;
    }
    error = target_read(call, target);
    return error != 0 ? error : remove_from_list(call, target, ask->region);
}

int aws_handle_stop_replication(struct call *call) {
    struct target target;
    struct buffer *buffer;
    int error = target_find(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);

    if (error != 0) {
        return error;
    }
    if (target.primary.data == NULL) {
        return refuse_with(&call->problem, AWS_INVALID_REQUEST,
                "The secret is no replica. Call must be made in the replica's region.");
    }
    buffer = answer_begin(call);
    error = target_begin_arn(call, buffer, &target);
    buffer_append_literal(buffer, "}");
    return error != 0 ? error : stop(call, &target);
}

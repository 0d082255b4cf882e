#include "api/aws/target.h"

#include "api/aws/arn.h"
#include "api/aws/own.h"
#include "broker/own.h"
#include "broker/staging.h"
#include "common/json_writer.h"
#include "http/request_text.h"

struct span replica_key(char place[REPLICA_KEY_MAX_BYTES], struct span region, struct span path) {
    memcpy(place, region.data, region.len);
    place[region.len] = '/';
    memcpy(place + region.len + 1, path.data, path.len);
    return (struct span){place, region.len + 1 + path.len};
}

int target_read(struct call *call, struct target *target) {
    int error = broker_describe(call->broker, target->name, &target->secret, &call->problem);

    if (error != 0) {
        return error;
    }
    target->born_after = broker_born_after(call->broker, target->name);
    return 0;
}

/* The KMS key of the primary's replica in that region; data NULL: it has none there. */
static struct span key_of_replica(const struct secret *secret, struct span region) {
    struct span rest = own_text(secret, OWN_REPLICAS);
    struct label replica;

    while (labels_next(&rest, &replica)) {
        if (span_equals(replica.name, region)) {
            return replica.value;
        }
    }
    return SPAN_NULL;
}

struct span target_key(const struct target *target) {
    return target->primary.data != NULL ? key_of_replica(&target->secret, target->region)
                                        : own_text(&target->secret, OWN_KMS_KEY);
}

int target_find_replica(
        struct call *call, struct span region, struct span path, struct target *target) {
    char key_place[REPLICA_KEY_MAX_BYTES];
    struct span key = replica_key(key_place, region, path);
    unsigned long long born_after;
    struct span rest;
    int error;

    if (!broker_own_get(call->broker, OWNER_AWS, key, &rest)) {
        return GK_E_NO_SECRET;
    }
    target->region = region;
    target->primary = span_take_until(&rest, '\0');
    error = name_of_path(target->primary, ask_of(call)->home, path, target->name_place,
            &target->name, &call->problem);
    if (error != 0) {
        return error;
    }
    memcpy(target->path_place, path.data, path.len); /* it is not longer than the name */
    target->path = (struct span){target->path_place, path.len};
    error = target_read(call, target);
    if (error != 0) {
        return error;
    }
    return decimal_parse(rest, &born_after) == 0 && born_after == target->born_after &&
                           key_of_replica(&target->secret, region).data != NULL
                   ? 0
                   : GK_E_NO_SECRET;
}

int target_find_path(
        struct call *call, struct span region, struct span path, struct target *target) {
    int error = name_of_path(
            region, ask_of(call)->home, path, target->name_place, &target->name, &call->problem);

    if (error != 0) {
        return error;
    }
    memcpy(target->path_place, path.data, path.len); /* it is not longer than the name */
    target->path = (struct span){target->path_place, path.len};
    target->region = region;
    target->primary = SPAN_NULL;
    error = target_read(call, target);
    return error == GK_E_NO_SECRET ? target_find_replica(call, region, path, target) : error;
}

/*
 * An ARN may be sent without its last seven characters. If the name in it then ends in seven that
 * look like them, secret_id_parse() has taken those off. This is the path with them.
 */
static struct span whole_path(const struct secret_id *id) {
    return (struct span){id->path.data, id->path.len + 1 + ARN_ID_CHARS};
}

/* Whether the six characters at the end of an ARN are the target's; data NULL: it has none. */
static int check_arn_id(struct call *call, struct span id, const struct target *target) {
    char own[ARN_ID_CHARS];
    int error;

    if (id.data == NULL) {
        return 0;
    }
    error = arn_id(call->broker, &target->secret, target->born_after, own);
    if (error != 0) {
        return error;
    }
    return span_equals(id, (struct span){own, sizeof(own)}) ? 0 : GK_E_NO_SECRET;
}

static int find_id(struct call *call, const struct secret_id *id, struct target *target) {
    int error = target_find_path(call, ask_of(call)->region, id->path, target);

    return error != 0 ? error : check_arn_id(call, id->arn_id, target);
}

/* Tries whole_path(). */
static int find_whole_name(struct call *call, const struct secret_id *id, struct target *target) {
    const struct secret_id whole = {.path = whole_path(id)};
    int error;

    if (id->arn_id.data == NULL) {
        return GK_E_NO_SECRET;
    }
    call->problem = PROBLEM_NULL;
    error = find_id(call, &whole, target);
    return error > 0 ? GK_E_NO_SECRET : error; /* no secret has a name that is too long */
}

/* False: the SecretId can mean no secret of the request's region. */
static bool parse_id(struct call *call, struct span secret_id, struct secret_id *ret_id) {
    return secret_id_parse(secret_id, ret_id) &&
           (ret_id->region.data == NULL || span_equals(ret_id->region, ask_of(call)->region));
}

static int find_parsed(struct call *call, const struct secret_id *id, struct target *target) {
    int error = find_id(call, id, target);

    return error == GK_E_NO_SECRET ? find_whole_name(call, id, target) : error;
}

int target_find(struct call *call, struct span secret_id, struct target *target) {
    struct secret_id id;
    int error;

    if (!parse_id(call, secret_id, &id)) {
        return refuse_missing(&call->problem);
    }
    error = find_parsed(call, &id, target);
    return error == GK_E_NO_SECRET ? refuse_missing(&call->problem) : error;
}

/* Whether the path may mean another secret than the one that has its name. Few paths do. */
static bool is_ambiguous(struct call *call, const struct secret_id *id) {
    struct span region = ask_of(call)->region;
    char key_place[REPLICA_KEY_MAX_BYTES];
    struct target whole;
    struct span primary;

    return broker_own_get(
                   call->broker, OWNER_AWS, replica_key(key_place, region, id->path), &primary) ||
           (id->arn_id.data != NULL && target_find_path(call, region, whole_path(id), &whole) == 0);
}

void target_note_name(struct call *call, struct span secret_id) {
    const struct ask *ask = ask_of(call);
    struct problem problem = PROBLEM_NULL;
    char place[GK_NAME_MAX_BYTES];
    struct target target;
    struct secret_id id;
    struct span name;

    if (!parse_id(call, secret_id, &id) ||
            name_of_path(ask->region, ask->home, id.path, place, &name, &problem) != 0) {
        return;
    }
    if (is_ambiguous(call, &id) && find_parsed(call, &id, &target) == 0) {
        name = target.name;
    }
    call->problem = PROBLEM_NULL; /* the operation itself refuses what is not found */
    mentions_add(&call->named, name, NULL);
}

int target_find_primary(struct call *call, struct span secret_id, struct target *target) {
    int error = target_find(call, secret_id, target);

    if (error != 0) {
        return error;
    }
    return target->primary.data != NULL ? refuse_replica(&call->problem) : 0;
}

int target_find_live(struct call *call, struct span secret_id, struct target *target) {
    int error = target_find_primary(call, secret_id, target);

    if (error != 0) {
        return error;
    }
    return target->secret.is_deleted ? refuse_deleted(&call->problem) : 0;
}

int target_begin_arn(struct call *call, struct buffer *buffer, const struct target *target) {
    int error;

    buffer_append_literal(buffer, "{\"ARN\":\"");
    error = arn_append(buffer, call->broker, target->region, target->path, &target->secret,
            target->born_after);
    buffer_append_literal(buffer, "\"");
    return error;
}

int target_begin(struct call *call, struct buffer *buffer, const struct target *target) {
    int error = target_begin_arn(call, buffer, target);

    buffer_append_literal(buffer, ",\"Name\":");
    json_write_text(buffer, target->path);
    return error;
}

/* Whether the replica is found in that region. Else a secret of the region has its name. */
static int find_status(
        struct call *call, const struct target *target, struct span region, bool *ret_is_in_sync) {
    struct target there;
    int error = target_find_path(call, region, target->path, &there);

    if (error < 0) {
        return error;
    }
    call->problem = PROBLEM_NULL;
    *ret_is_in_sync = error == 0 && span_equals(there.name, target->name);
    return 0;
}

static int append_replica(struct call *call, struct buffer *buffer, const struct target *target,
        const struct label *replica) {
    bool is_in_sync;
    int error = find_status(call, target, replica->name, &is_in_sync);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(buffer, "{\"Region\":");
    json_write_text(buffer, replica->name);
    buffer_append_literal(buffer, ",\"KmsKeyId\":");
    json_write_text(buffer,
            replica->value.len > 0 ? replica->value : SPAN_LITERAL("alias/aws/secretsmanager"));
    if (is_in_sync) {
        buffer_append_literal(
                buffer, ",\"Status\":\"InSync\",\"StatusMessage\":\"Replication succeeded\"}");
        return 0;
    }
    buffer_append_literal(
            buffer, ",\"Status\":\"Failed\",\"StatusMessage\":\"Replication failed: Secret name ");
    buffer_append_span(buffer, target->path); /* it needs no escape, as the region */
    buffer_append_literal(buffer, " already exists in region ");
    buffer_append_span(buffer, replica->name);
    buffer_append_literal(buffer, ".\"}");
    return 0;
}

int append_replicas(struct call *call, struct buffer *buffer, const struct target *target) {
    struct span rest = own_text(&target->secret, OWN_REPLICAS);
    const char *separator = ",\"ReplicationStatus\":[";
    struct label replica;

    while (labels_next(&rest, &replica)) {
        int error;

        buffer_append_text(buffer, separator);
        error = append_replica(call, buffer, target, &replica);
        if (error != 0) {
            return error;
        }
        separator = ",";
    }
    if (separator[1] == '\0') {
        buffer_append_literal(buffer, "]");
    }
    return 0;
}

/* put and delete, and the steps that put shares with patch (patch.c). */
#include "broker/change.h"

#include "broker/broker_internal.h"
#include "broker/secrets.h"
#include "broker/version_labels.h"
#include "broker/versions_internal.h"
#include "common/cleanup.h"

int definition_check(const struct secret *secret, struct problem *problem) {
    if (secret->policy.on_expiry && secret->ttl_s == 0) {
        return problem_set_field(problem, GK_E_BAD_REQUEST, FIELD_ON_EXPIRY,
                "a static secret never expires, so it cannot rotate on expiry");
    }
    return 0;
}

int cannot_generate(struct problem *problem) {
    return problem_set_field(problem, GK_E_BAD_REQUEST, FIELD_GENERATE,
            "strategy 'none' makes no values, so none can be generated");
}

int definition_value(struct broker *broker, const struct definition *definition,
        struct secret *secret, struct problem *problem) {
    int error;

    secret->current.id = definition->version_id;
    secret->current.labels = definition->version_labels;
    if (definition->value_source == VALUE_GIVEN) {
        if (definition->value.len > broker->options.value_max_bytes) {
            return problem_set(problem, GK_E_TOO_LARGE,
                    "the value is larger than the largest allowed, %zu bytes",
                    broker->options.value_max_bytes);
        }
        secret->current.value = definition->value;
        secret->current.binary = definition->binary;
        return 0;
    }
    error = rotation_make_value(broker, &secret->policy, secret, secret->newest + 1, &secret->made);
    if (error == GK_E_CANNOT_ROTATE) {
        return cannot_generate(problem);
    }
    if (error == GK_E_TOO_LARGE) {
        return problem_set(problem, GK_E_TOO_LARGE,
                "the generated value would be larger than the largest allowed, %zu bytes",
                broker->options.value_max_bytes);
    }
    if (error != 0) {
        return error;
    }
    secret->current.binary = false;
    secret->generation += 1;
    return 0;
}

int definition_labels(const struct definition *definition, const struct secret *before,
        struct secret *secret, struct problem *problem) {
    struct span old = before == NULL || definition->labels_reset ? SPAN_NULL : before->labels;
    size_t value_len = secret->made.len;
    size_t count = labels_patch(old, definition->labels, definition->label_count, &secret->made);
    int error = buffer_finish(&secret->made);

    if (error != 0) {
        return error;
    }
    if (count > GK_LABELS_MAX) {
        return problem_set_field(problem, GK_E_BAD_REQUEST, FIELD_LABELS,
                "a secret has at most %d labels", GK_LABELS_MAX);
    }
    secret->labels = SPAN_NULL;
    if (count > 0) { /* without labels made.data may be NULL */
        secret->labels = (struct span){secret->made.data + value_len, secret->made.len - value_len};
    }
    if (definition->value_source == VALUE_GENERATED) {
        secret->current.value = (struct span){secret->made.data, value_len};
    }
    return 0;
}

int change_find_before(struct store *store, struct span name, struct secret *ret_before,
        bool *ret_found, struct tombstone *ret_tombstone) {
    int error = store_get_secret(store, name, ret_before);

    *ret_found = error == 0;
    return error == GK_E_NO_SECRET ? store_get_tombstone(store, name, ret_tombstone) : error;
}

/* Sets what the definition says of the secret: all but numbers and times. */
static int define(struct broker *broker, const struct definition *definition, struct secret *secret,
        struct problem *problem) {
    int error = policy_resolve(
            &definition->policy, NULL, broker->options.value_max_bytes, &secret->policy, problem);

    if (error != 0) {
        return error;
    }
    error = definition_check(secret, problem);
    if (error != 0) {
        return error;
    }
    if (definition->value_source != VALUE_NONE) {
        error = definition_value(broker, definition, secret, problem);
    }
    if (error != 0) {
        return error;
    }
    return definition_labels(definition, NULL, secret, problem);
}

/* Stores the secret with its new version. A secret that is made without a value has none. */
static int keep(struct broker *broker, const struct definition *definition, struct secret *secret,
        struct secret *before, instant now, struct problem *problem) {
    int error;

    if (definition->value_source == VALUE_NONE && before != NULL) {
        return problem_set(
                problem, GK_E_CONFLICT, "'%.*s' is there already", SPAN_ARGS(secret->name));
    }
    if (definition->value_source == VALUE_NONE) {
        secret->revision += 1;
        secret->updated_at = now;
        return store_put_secret(broker->store, secret);
    }
    error = labels_take(broker, before, definition->version_labels);
    if (error != 0) {
        return error;
    }
    return version_keep(broker, secret, before, CAUSE_PUT, now);
}

static int put(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem) {
    SECRET_AUTO struct secret before = SECRET_NULL;
    SECRET_AUTO struct secret after = SECRET_NULL;
    struct tombstone tombstone = {0};
    instant now = broker->clock.now;
    bool found;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = change_find_before(broker->store, definition->name, &before, &found, &tombstone);
    if (error != 0) {
        return not_readable(error, problem, definition->name);
    }
    after = (struct secret){
            .name = definition->name,
            .current = before.current, /* its value is replaced below */
            .previous = before.previous,
            .pending = before.pending,
            .newest = before.newest,
            .has_gaps = before.has_gaps,
            .has_given_ids = before.has_given_ids,
            .revision = found ? before.revision : tombstone.revision,
            .generation = found ? before.generation : tombstone.generation,
            .created_at = found ? before.created_at : now,
            .rotated_at = before.rotated_at,
            .ttl_s = definition->ttl_s,
            .env_source = definition->env_source,
            .env = definition->env,
            .description = definition->description,
            .extra = definition->has_extra ? definition->extra : before.extra,
    };
    error = define(broker, definition, &after, problem);
    if (error != 0) {
        return error;
    }
    error = expectation_check(
            definition->expectation, found ? &before : NULL, definition->name, problem);
    if (error != 0) {
        return error;
    }
    error = secret_check_not_deleted(&before, problem);
    if (error != 0) {
        return error;
    }
    error = keep(broker, definition, &after, found ? &before : NULL, now, problem);
    if (error != 0) {
        return error;
    }
    error = event_append(
            broker, found ? EVENT_UPDATED : EVENT_CREATED, CAUSE_PUT, &after, now, SPAN_NULL);
    if (error != 0) {
        return error;
    }
    *ret_secret = after;
    after = SECRET_NULL;
    return 0;
}

/* Deletes the secret so that it can be restored until gone_at. */
static int hide_secret(struct broker *broker, struct secret *secret, instant gone_at) {
    struct event event = {.at = broker->clock.now,
            .kind = EVENT_DELETED,
            .cause = CAUSE_DELETE,
            .name = secret->name,
            .version = secret->current.number,
            .gone_at = gone_at};
    int error;

    if (!secret->is_deleted) {
        secret->deleted_at = broker->clock.now;
    }
    secret->is_deleted = true;
    secret->gone_at = gone_at;
    secret->revision += 1;
    error = store_put_secret(broker->store, secret);
    return error != 0 ? error : event_keep(broker, &event);
}

static int delete_secret(struct broker *broker, struct span name,
        const struct expectation *expectation, instant gone_at, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    error = store_get_secret(broker->store, name, &secret);
    if (error != 0) {
        return not_readable(error, problem, name);
    }
    error = expectation_check(expectation, &secret, name, problem);
    if (error != 0) {
        return error;
    }
    return gone_at != INT64_MAX
                   ? hide_secret(broker, &secret, gone_at)
                   : remove_secret(broker, &secret, EVENT_DELETED, CAUSE_DELETE, broker->clock.now);
}

int broker_put(struct broker *broker, const struct definition *definition,
        struct secret *ret_secret, struct problem *problem) {
    return verb_end(broker, put(broker, definition, ret_secret, problem));
}

int broker_delete(struct broker *broker, struct span name, const struct expectation *expectation,
        uint32_t recover_s, instant *ret_gone_at, struct problem *problem) {
    instant gone_at = recover_s == 0 ? INT64_MAX : broker->clock.now + (instant)recover_s * 1000;
    int error = verb_end(broker, delete_secret(broker, name, expectation, gone_at, problem));

    if (error != 0) {
        return error;
    }
    *ret_gone_at = gone_at;
    return 0;
}

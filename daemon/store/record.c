#include "store/record.h"

#include "store/fields.h"
#include <errno.h>

enum secret_flag {
    SECRET_BINARY = 1 << 0,
    SECRET_ARMED = 1 << 1,
    SECRET_ON_EXPIRY = 1 << 2,
    SECRET_SEALED = 1 << 3,
};

static void put_policy(struct buffer *record, const struct policy *policy) {
    field_put_span(record, policy->strategy);
    field_put_number(record, policy->parameter_count, 1);
    for (size_t i = 0; i < policy->parameter_count; i++) {
        const struct parameter *parameter = &policy->parameters[i];

        field_put_number(record, parameter->type, 1);
        field_put_number(record, (uint64_t)parameter->integer, 8);
        field_put_number(record, parameter->count, 4);
        field_put_span(record, parameter->text);
    }
}

static void take_policy(struct reader *reader, struct policy *policy) {
    policy->strategy = field_take_span(reader);
    policy->parameter_count = (size_t)field_take_below(reader, POLICY_PARAMETERS_MAX + 1);
    for (size_t i = 0; i < policy->parameter_count; i++) {
        struct parameter *parameter = &policy->parameters[i];

        parameter->type = (enum parameter_type)field_take_below(reader, PARAMETER_LIST + 1);
        parameter->integer = (int64_t)field_take_number(reader, 8);
        parameter->count = (uint32_t)field_take_number(reader, 4);
        parameter->text = field_take_span(reader);
    }
}

void record_encode_secret(struct buffer *record, const struct secret *secret, struct seal *seal) {
    unsigned int flags = (secret->binary ? SECRET_BINARY : 0) | (secret->armed ? SECRET_ARMED : 0) |
                         (secret->policy.on_expiry ? SECRET_ON_EXPIRY : 0) |
                         (seal != NULL ? SECRET_SEALED : 0);
    size_t private_at;

    record_begin(record);
    field_put_number(record, flags, 1);
    field_put_number(record, secret->cause, 1);
    field_put_number(record, secret->env_source, 1);
    field_put_number(record, secret->version, 8);
    field_put_number(record, secret->revision, 8);
    field_put_number(record, secret->generation, 8);
    field_put_number(record, (uint64_t)secret->created_at, 8);
    field_put_number(record, (uint64_t)secret->updated_at, 8);
    field_put_number(record, (uint64_t)secret->made_at, 8);
    field_put_number(record, secret->ttl_s, 4);
    field_put_span(record, secret->env);
    field_put_span(record, secret->labels);
    private_at = record->len;
    put_policy(record, &secret->policy);
    field_put_span(record, secret->value);
    if (seal != NULL) {
        record_seal_from(record, private_at, secret->name, seal);
    }
    record_finish(record, secret->name);
}

/* The private part: where it is sealed and there is no seal, it is passed over. */
static int take_private(struct reader *reader, bool is_sealed, struct seal *seal,
        struct buffer *plain, struct secret *secret) {
    bool on_expiry = secret->policy.on_expiry;
    struct reader inner;

    if (is_sealed && seal == NULL) {
        (void)field_take_span(reader);
        return record_close(reader);
    }
    if (!is_sealed && seal != NULL) {
        return -EBADMSG;
    }
    if (is_sealed) {
        inner = record_open_sealed(reader, secret->name, seal, plain);
        if (inner.bad || record_close(reader) != 0) {
            return inner.error != 0 ? inner.error : -EBADMSG;
        }
        reader = &inner;
    }
    take_policy(reader, &secret->policy);
    secret->policy.on_expiry = on_expiry;
    secret->value = field_take_span(reader);
    return record_close(reader);
}

int record_decode_secret(struct span name, struct span record, struct seal *seal,
        struct buffer *plain, struct secret *ret_secret) {
    struct reader reader = record_open(name, record);
    struct secret secret = {.name = name};
    uint64_t flags = field_take_number(&reader, 1);
    int error;

    secret.binary = (flags & SECRET_BINARY) != 0;
    secret.armed = (flags & SECRET_ARMED) != 0;
    secret.policy.on_expiry = (flags & SECRET_ON_EXPIRY) != 0;
    secret.cause = (enum cause)field_take_below(&reader, CAUSE_CLEANUP + 1);
    secret.env_source = (enum env_source)field_take_below(&reader, ENV_OFF + 1);
    secret.version = field_take_number(&reader, 8);
    secret.revision = field_take_number(&reader, 8);
    secret.generation = field_take_number(&reader, 8);
    secret.created_at = (instant)field_take_number(&reader, 8);
    secret.updated_at = (instant)field_take_number(&reader, 8);
    secret.made_at = (instant)field_take_number(&reader, 8);
    secret.ttl_s = (uint32_t)field_take_number(&reader, 4);
    secret.env = field_take_span(&reader);
    secret.labels = field_take_span(&reader);
    error = take_private(&reader, (flags & SECRET_SEALED) != 0, seal, plain, &secret);
    if (error == 0) {
        *ret_secret = secret;
    }
    return error;
}

void record_encode_version(
        struct buffer *record, struct span key, const struct version *version, struct seal *seal) {
    size_t private_at;

    record_begin(record);
    field_put_number(
            record, (version->binary ? SECRET_BINARY : 0) | (seal != NULL ? SECRET_SEALED : 0), 1);
    field_put_number(record, version->cause, 1);
    field_put_number(record, (uint64_t)version->made_at, 8);
    private_at = record->len;
    field_put_span(record, version->value);
    if (seal != NULL) {
        record_seal_from(record, private_at, key, seal);
    }
    record_finish(record, key);
}

int record_decode_version(struct span key, struct span record, uint64_t number, struct seal *seal,
        struct buffer *plain, struct version *ret_version) {
    struct reader reader = record_open(key, record);
    struct version version = {.number = number};
    uint64_t flags = field_take_number(&reader, 1);
    bool is_sealed = (flags & SECRET_SEALED) != 0;
    struct reader inner;
    int error;

    version.binary = (flags & SECRET_BINARY) != 0;
    version.cause = (enum cause)field_take_below(&reader, CAUSE_CLEANUP + 1);
    version.made_at = (instant)field_take_number(&reader, 8);
    if (is_sealed && seal != NULL) {
        inner = record_open_sealed(&reader, key, seal, plain);
        version.value = field_take_span(&inner);
        error = record_close(&inner);
    } else {
        version.value = field_take_span(&reader);
        error = is_sealed == (seal != NULL) || seal == NULL ? 0 : -EBADMSG;
    }
    if (error == 0) {
        error = record_close(&reader);
    }
    if (error == 0) {
        if (is_sealed && seal == NULL) {
            version.value = SPAN_NULL;
        }
        *ret_version = version;
    }
    return error;
}

static struct span seq_key(const uint64_t *seq) {
    return (struct span){(const char *)seq, sizeof(*seq)};
}

void record_encode_event(struct buffer *record, const struct event *event) {
    record_begin(record);
    field_put_number(record, event->kind, 1);
    field_put_number(record, event->cause, 1);
    field_put_number(record, (uint64_t)event->at, 8);
    field_put_number(record, event->version, 8);
    field_put_span(record, event->name);
    field_put_span(record, event->reason);
    record_finish(record, seq_key(&event->seq));
}

int record_decode_event(uint64_t seq, struct span record, struct event *ret_event) {
    struct reader reader = record_open(seq_key(&seq), record);
    struct event event = {.seq = seq};
    int error;

    event.kind = (enum event_kind)field_take_below(&reader, EVENT_FAILED + 1);
    event.cause = (enum cause)field_take_below(&reader, CAUSE_CLEANUP + 1);
    event.at = (instant)field_take_number(&reader, 8);
    event.version = field_take_number(&reader, 8);
    event.name = field_take_span(&reader);
    event.reason = field_take_span(&reader);
    error = record_close(&reader);
    if (error == 0) {
        *ret_event = event;
    }
    return error;
}

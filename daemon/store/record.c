#include "store/record.h"

#include "common/name.h"
#include "store/fields.h"

/*
 * The first byte of a record. A record that says more than this one gets another number, and those
 * before it are read for ever. In layout 1 a secret had no stages, and a version no state.
 */
#define LAYOUT 2

#define VERSION_TAIL_BYTES (1 + 8)

enum secret_flag {
    SECRET_BINARY = 1 << 0, /* of a version as well */
    SECRET_ARMED = 1 << 1,
    SECRET_ON_EXPIRY = 1 << 2,
    SECRET_DELETED = 1 << 3,
    SECRET_WITHOUT_VALUE = 1 << 4,
    SECRET_GAPS = 1 << 5,
};

/* Where record_secret_facts() finds its fields; gone_at only if the secret is deleted. */
#define FLAGS_AT 1
#define IN_FORCE_AT 2
#define TTL_AT 10
#define GONE_AT 14

static void begin(struct buffer *record) {
    buffer_clear(record);
    field_put_number(record, LAYOUT, 1);
}

static struct fields fields_of(struct span record, uint64_t *ret_layout) {
    struct fields fields = {.rest = record};

    *ret_layout = field_take_number(&fields, 1);
    if (*ret_layout == 0 || *ret_layout > LAYOUT) {
        fields.bad = true;
    }
    return fields;
}

static void put_policy(struct buffer *record, const struct policy *policy) {
    field_put_span(record, policy->strategy);
    field_put_number(record, policy->parameter_count, 1);
    for (size_t at = 0; at < policy->parameter_count; at++) {
        const struct parameter *parameter = &policy->parameters[at];

        field_put_number(record, parameter->type, 1);
        field_put_number(record, (uint64_t)parameter->integer, 8);
        field_put_number(record, parameter->count, 4);
        field_put_span(record, parameter->text);
    }
}

static void take_policy(struct fields *fields, struct policy *policy) {
    policy->strategy = field_take_span(fields);
    policy->parameter_count = (size_t)field_take_below(fields, POLICY_PARAMETERS_MAX + 1);
    for (size_t at = 0; at < policy->parameter_count; at++) {
        struct parameter *parameter = &policy->parameters[at];

        parameter->type = (enum parameter_type)field_take_below(fields, PARAMETER_LIST + 1);
        parameter->integer = (int64_t)field_take_number(fields, 8);
        parameter->count = (uint32_t)field_take_number(fields, 4);
        parameter->text = field_take_span(fields);
    }
}

static void put_version(struct buffer *record, const struct version *version) {
    field_put_number(record, version->binary ? SECRET_BINARY : 0, 1);
    field_put_number(record, version->cause, 1);
    field_put_number(record, version->state, 1);
    field_put_number(record, version->revision, 8);
    field_put_number(record, (uint64_t)version->made_at, 8);
    field_put_span(record, version->id);
    field_put_span(record, version->labels);
    field_put_span(record, version->extra);
    field_put_span(record, version->value);
}

static void take_version(struct fields *fields, struct version *version) {
    version->binary = (field_take_number(fields, 1) & SECRET_BINARY) != 0;
    version->cause = (enum cause)field_take_below(fields, CAUSE_COUNT);
    version->state = (enum version_state)field_take_below(fields, VERSION_STATE_COUNT);
    version->revision = field_take_number(fields, 8);
    version->made_at = (instant)field_take_number(fields, 8);
    version->id = field_take_span(fields);
    version->labels = field_take_span(fields);
    version->extra = field_take_span(fields);
    version->value = field_take_span(fields);
}

void record_encode_secret(struct buffer *record, const struct secret *secret) {
    unsigned int flags = (secret->armed ? SECRET_ARMED : 0) |
                         (secret->policy.on_expiry ? SECRET_ON_EXPIRY : 0) |
                         (secret->is_deleted ? SECRET_DELETED : 0) |
                         (secret_has_value(secret) ? 0 : SECRET_WITHOUT_VALUE) |
                         (secret->has_gaps ? SECRET_GAPS : 0);

    begin(record);
    field_put_number(record, flags, 1);
    field_put_number(record, (uint64_t)secret->in_force_at, 8);
    field_put_number(record, secret->ttl_s, 4);
    if (secret->is_deleted) {
        field_put_number(record, (uint64_t)secret->gone_at, 8);
        field_put_number(record, (uint64_t)secret->deleted_at, 8);
    }
    field_put_number(record, secret->env_source, 1);
    field_put_number(record, secret->current.number, 8);
    field_put_number(record, secret->previous, 8);
    field_put_number(record, secret->pending, 8);
    field_put_number(record, secret->newest, 8);
    field_put_number(record, secret->revision, 8);
    field_put_number(record, secret->generation, 8);
    field_put_number(record, (uint64_t)secret->created_at, 8);
    field_put_number(record, (uint64_t)secret->updated_at, 8);
    field_put_span(record, secret->env);
    field_put_span(record, secret->labels);
    field_put_span(record, secret->description);
    field_put_span(record, secret->extra);
    put_policy(record, &secret->policy);
    field_put_number(record, secret->policy.grace_s, 4);
    put_version(record, &secret->current);
}

/* What stands in layout 1 behind the flags. The revisions of its versions are not known: their
 * numbers take their place, and no later version has one of these revisions. */
static void take_first_layout(struct fields *fields, struct secret *secret) {
    secret->current.made_at = (instant)field_take_number(fields, 8);
    secret->in_force_at = secret->current.made_at;
    secret->ttl_s = (uint32_t)field_take_number(fields, 4);
    secret->current.cause = (enum cause)field_take_below(fields, CAUSE_COUNT);
    secret->env_source = (enum env_source)field_take_below(fields, ENV_OFF + 1);
    secret->current.number = field_take_number(fields, 8);
    secret->current.revision = secret->current.number;
    secret->newest = secret->current.number;
    secret->previous = secret->current.number > 1 ? secret->current.number - 1 : 0;
    secret->revision = field_take_number(fields, 8);
    secret->generation = field_take_number(fields, 8);
    secret->created_at = (instant)field_take_number(fields, 8);
    secret->updated_at = (instant)field_take_number(fields, 8);
    secret->env = field_take_span(fields);
    secret->labels = field_take_span(fields);
    take_policy(fields, &secret->policy);
    secret->current.value = field_take_span(fields);
}

static void take_secret(struct fields *fields, struct secret *secret) {
    secret->in_force_at = (instant)field_take_number(fields, 8);
    secret->ttl_s = (uint32_t)field_take_number(fields, 4);
    if (secret->is_deleted) {
        secret->gone_at = (instant)field_take_number(fields, 8);
        secret->deleted_at = (instant)field_take_number(fields, 8);
    }
    secret->env_source = (enum env_source)field_take_below(fields, ENV_OFF + 1);
    secret->current.number = field_take_number(fields, 8);
    secret->previous = field_take_number(fields, 8);
    secret->pending = field_take_number(fields, 8);
    secret->newest = field_take_number(fields, 8);
    secret->revision = field_take_number(fields, 8);
    secret->generation = field_take_number(fields, 8);
    secret->created_at = (instant)field_take_number(fields, 8);
    secret->updated_at = (instant)field_take_number(fields, 8);
    secret->env = field_take_span(fields);
    secret->labels = field_take_span(fields);
    secret->description = field_take_span(fields);
    secret->extra = field_take_span(fields);
    take_policy(fields, &secret->policy);
    secret->policy.grace_s = (uint32_t)field_take_number(fields, 4);
    take_version(fields, &secret->current);
}

int record_decode_secret(struct span name, struct span record, struct secret *ret_secret) {
    uint64_t layout;
    struct fields fields = fields_of(record, &layout);
    struct secret secret = {.name = name};
    uint64_t flags = field_take_number(&fields, 1);
    int error;

    secret.armed = (flags & SECRET_ARMED) != 0;
    secret.policy.on_expiry = (flags & SECRET_ON_EXPIRY) != 0;
    secret.is_deleted = (flags & SECRET_DELETED) != 0;
    secret.has_gaps = (flags & SECRET_GAPS) != 0;
    if (layout == 1) {
        secret.current.binary = (flags & SECRET_BINARY) != 0;
        take_first_layout(&fields, &secret);
    } else {
        take_secret(&fields, &secret);
    }
    error = fields_end(&fields);
    if (error != 0) {
        return error;
    }
    *ret_secret = secret;
    return 0;
}

struct secret_facts record_secret_facts(struct span record) {
    unsigned int flags = (unsigned char)record.data[FLAGS_AT];
    struct secret secret = {
            .current = {.number = 1}, /* one that has no version is not armed */
            .armed = (flags & SECRET_ARMED) != 0,
            .in_force_at = (instant)number_take(record.data + IN_FORCE_AT, 8),
            .ttl_s = (uint32_t)number_take(record.data + TTL_AT, 4),
            .is_deleted = (flags & SECRET_DELETED) != 0,
    };

    if (secret.is_deleted) {
        secret.gone_at = (instant)number_take(record.data + GONE_AT, 8);
    }
    return (struct secret_facts){
            .has_due = secret.ttl_s != 0 || secret.is_deleted,
            .due_at = secret_due_at(&secret),
            .has_value = (flags & SECRET_WITHOUT_VALUE) == 0,
    };
}

void record_encode_version(struct buffer *record, const struct version *version) {
    begin(record);
    put_version(record, version);
}

int record_decode_version(uint64_t number, struct span record, struct version *ret_version) {
    uint64_t layout;
    struct fields fields = fields_of(record, &layout);
    struct version version = {.number = number};
    int error;

    if (layout == 1) {
        version.revision = number;
        version.binary = (field_take_number(&fields, 1) & SECRET_BINARY) != 0;
        version.cause = (enum cause)field_take_below(&fields, CAUSE_COUNT);
        version.made_at = (instant)field_take_number(&fields, 8);
        version.value = field_take_span(&fields);
    } else {
        take_version(&fields, &version);
    }
    error = fields_end(&fields);
    if (error != 0) {
        return error;
    }
    *ret_version = version;
    return 0;
}

void record_encode_event(struct buffer *record, const struct event *event) {
    begin(record);
    field_put_number(record, event->kind, 1);
    field_put_number(record, event->cause, 1);
    field_put_number(record, (uint64_t)event->at, 8);
    field_put_number(record, event->version, 8);
    field_put_span(record, event->name);
    field_put_span(record, event->reason);
    field_put_number(record, (uint64_t)event->gone_at, 8);
}

int record_decode_event(uint64_t seq, struct span record, struct event *ret_event) {
    uint64_t layout;
    struct fields fields = fields_of(record, &layout);
    struct event event = {.seq = seq};
    int error;

    event.kind = (enum event_kind)field_take_below(&fields, EVENT_KIND_COUNT);
    event.cause = (enum cause)field_take_below(&fields, CAUSE_COUNT);
    event.at = (instant)field_take_number(&fields, 8);
    event.version = field_take_number(&fields, 8);
    event.name = field_take_span(&fields);
    event.reason = field_take_span(&fields);
    event.gone_at = layout == 1 ? 0 : (instant)field_take_number(&fields, 8);
    error = fields_end(&fields);
    if (error != 0) {
        return error;
    }
    *ret_event = event;
    return 0;
}

void record_encode_tombstone(struct buffer *record, const struct tombstone *tombstone) {
    begin(record);
    field_put_number(record, tombstone->revision, 8);
    field_put_number(record, tombstone->generation, 8);
}

int record_decode_tombstone(struct span record, struct tombstone *ret_tombstone) {
    uint64_t layout;
    struct fields fields = fields_of(record, &layout);
    struct tombstone tombstone;
    int error;

    tombstone.revision = field_take_number(&fields, 8);
    tombstone.generation = field_take_number(&fields, 8);
    error = fields_end(&fields);
    if (error != 0) {
        return error;
    }
    *ret_tombstone = tombstone;
    return 0;
}

void record_encode_state(struct buffer *record, const struct state *state) {
    begin(record);
    field_put_number(record, state->clock_kind, 1);
    field_put_number(record, (uint64_t)state->began_at, 8);
    field_put_span(record, buffer_span(&state->seed));
}

int record_decode_state(struct span record, struct state *ret_state) {
    uint64_t layout;
    struct fields fields = fields_of(record, &layout);
    STATE_AUTO struct state state = STATE_NULL;
    int error;

    state.clock_kind = (enum clock_kind)field_take_below(&fields, CLOCK_VIRTUAL + 1);
    state.began_at = layout == 1 ? INSTANT_VIRTUAL_DEFAULT : (instant)field_take_number(&fields, 8);
    buffer_append_span(&state.seed, field_take_span(&fields));
    error = fields_end(&fields);
    if (error != 0) {
        return error;
    }
    error = buffer_finish(&state.seed);
    if (error != 0) {
        return error;
    }
    *ret_state = state;
    state = STATE_NULL;
    return 0;
}

void record_encode_clock(struct buffer *record, instant now) {
    begin(record);
    field_put_number(record, (uint64_t)now, 8);
}

int record_decode_clock(struct span record, instant *ret_now) {
    uint64_t layout;
    struct fields fields = fields_of(record, &layout);
    instant now = (instant)field_take_number(&fields, 8);
    int error = fields_end(&fields);

    if (error != 0) {
        return error;
    }
    *ret_now = now;
    return 0;
}

struct span version_key(char place[VERSION_KEY_MAX_BYTES], struct span name, uint64_t number) {
    uint64_t big = htobe64(number);

    memcpy(place, name.data, name.len);
    place[name.len] = '\0';
    memcpy(place + name.len + 1, &big, sizeof(big));
    return (struct span){place, name.len + VERSION_TAIL_BYTES};
}

bool version_key_is_of(struct span key, struct span name, uint64_t *ret_number) {
    uint64_t big;

    if (key.len != name.len + VERSION_TAIL_BYTES || !span_starts_with(key, name) ||
            key.data[name.len] != '\0') {
        return false;
    }
    memcpy(&big, key.data + name.len + 1, sizeof(big));
    *ret_number = be64toh(big);
    return true;
}

struct span event_key(char place[EVENT_KEY_BYTES], uint64_t seq) {
    uint64_t big = htobe64(seq);

    memcpy(place, &big, EVENT_KEY_BYTES);
    return (struct span){place, EVENT_KEY_BYTES};
}

uint64_t event_key_seq(struct span key) {
    uint64_t big;

    memcpy(&big, key.data, EVENT_KEY_BYTES);
    return be64toh(big);
}

static bool is_name(struct span key) {
    return name_fault(key) == NULL;
}

static bool is_version_key(struct span key) {
    struct span name = {key.data, key.len - VERSION_TAIL_BYTES};
    uint64_t number;

    return key.len > VERSION_TAIL_BYTES && is_name(name) && version_key_is_of(key, name, &number);
}

static bool has_sound_key(const struct change *change) {
    switch ((enum table)change->table) {
    case TABLE_STATE:
        return span_equals(change->key, KEY_STATE) || span_equals(change->key, KEY_CLOCK);
    case TABLE_SECRETS:
    case TABLE_TRACES:
        return is_name(change->key);
    case TABLE_VERSIONS:
        return is_version_key(change->key);
    case TABLE_EVENTS:
        return change->key.len == EVENT_KEY_BYTES && event_key_seq(change->key) != 0;
    case TABLE_COUNT:
        break;
    }
    return false;
}

static bool has_sound_record(const struct change *change) {
    STATE_AUTO struct state state = STATE_NULL;
    struct tombstone tombstone;
    struct version version;
    struct secret secret;
    struct event event;
    instant now;

    switch ((enum table)change->table) {
    case TABLE_STATE:
        return span_equals(change->key, KEY_STATE)
                       ? record_decode_state(change->record, &state) == 0
                       : record_decode_clock(change->record, &now) == 0;
    case TABLE_SECRETS:
        return record_decode_secret(change->key, change->record, &secret) == 0;
    case TABLE_TRACES:
        return record_decode_tombstone(change->record, &tombstone) == 0;
    case TABLE_VERSIONS:
        return record_decode_version(0, change->record, &version) == 0;
    case TABLE_EVENTS:
        return record_decode_event(0, change->record, &event) == 0;
    case TABLE_COUNT:
        break;
    }
    return false;
}

bool change_is_sound(const struct change *change) {
    switch (change->kind) {
    case CHANGE_CLEAR:
        return change->table == 0 && change->key.len == 0 && change->record.len == 0;
    case CHANGE_PUT:
        return has_sound_key(change) && has_sound_record(change);
    case CHANGE_DELETE:
        return has_sound_key(change) && change->record.len == 0;
    }
    return false;
}

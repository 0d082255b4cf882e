#include "store/record.h"

#include "store/fields.h"

/*
 * The first byte of a record is the number of its layout. A layout with more fields gets the next
 * number, and all earlier ones are read for ever. In layout 1 a secret had no stages, and a version
 * no state; in layout 2 a secret kept as many versions as any other, and a version knew no times
 * but that of its making; in layout 3 a secret did not know its last rotation.
 */
#define LAYOUT 4

enum secret_flag {
    SECRET_BINARY = 1 << 0, /* of a version as well */
    SECRET_ARMED = 1 << 1,
    SECRET_ON_EXPIRY = 1 << 2,
    SECRET_DELETED = 1 << 3,
    SECRET_WITHOUT_VALUE = 1 << 4,
    SECRET_GAPS = 1 << 5,
    SECRET_GIVEN_IDS = 1 << 6,
};

/* Where record_secret_facts() finds its fields; gone_at only if the secret is deleted. */
#define FLAGS_AT 1
#define IN_FORCE_AT 2
#define TTL_AT 10
#define GONE_AT 14

/*
 * Reads or writes a record. One function, describe_...(), describes each kind of record for both:
 * it passes each field, and keeps what comes back. That is the same value when it writes, and the
 * value of the record when it reads. All of this is inline, so that the compiler makes a reader and
 * a writer of each description.
 */
struct codec {
    bool is_read;
    uint64_t layout;
    struct fields from;
    struct buffer *to;
};

#ifdef __OPTIMIZE__
#define DESCRIPTION static inline __attribute__((always_inline))
#else
#define DESCRIPTION static /* one copy, of which ci/coverage sees both sides reached */
#endif

DESCRIPTION uint64_t number(struct codec *codec, uint64_t value, size_t width) {
    if (codec->is_read) {
        return field_take_number(&codec->from, width);
    }
    field_put_number(codec->to, value, width);
    return value;
}

DESCRIPTION instant moment(struct codec *codec, instant value) {
    return (instant)number(codec, (uint64_t)value, 8);
}

/* One byte that must be below limit. */
DESCRIPTION unsigned int small(struct codec *codec, uint64_t value, uint64_t limit) {
    return (unsigned int)(codec->is_read ? field_take_below(&codec->from, limit)
                                         : number(codec, value, 1));
}

DESCRIPTION struct span text(struct codec *codec, struct span value) {
    if (codec->is_read) {
        return field_take_span(&codec->from);
    }
    field_put_span(codec->to, value);
    return value;
}

DESCRIPTION struct codec begin_writing(struct buffer *to) {
    struct codec codec = {.layout = LAYOUT, .to = to};

    buffer_clear(to);
    (void)number(&codec, LAYOUT, 1);
    return codec;
}

DESCRIPTION struct codec begin_reading(struct span from) {
    struct codec codec = {.is_read = true, .from.rest = from};

    codec.layout = small(&codec, 0, LAYOUT + 1);
    codec.from.bad = codec.layout == 0;
    return codec;
}

DESCRIPTION void describe_policy(struct codec *codec, struct policy *policy) {
    policy->strategy = text(codec, policy->strategy);
    policy->parameter_count = small(codec, policy->parameter_count, POLICY_PARAMETERS_MAX + 1);
    for (size_t at = 0; at < policy->parameter_count; at++) {
        struct parameter *parameter = &policy->parameters[at];

        parameter->type = (enum parameter_type)small(codec, parameter->type, PARAMETER_LIST + 1);
        parameter->integer = (int64_t)number(codec, (uint64_t)parameter->integer, 8);
        parameter->count = (uint32_t)number(codec, parameter->count, 4);
        parameter->text = text(codec, parameter->text);
    }
}

DESCRIPTION void describe_version(struct codec *codec, struct version *version) {
    version->binary = (number(codec, version->binary ? SECRET_BINARY : 0, 1) & SECRET_BINARY) != 0;
    version->cause = (enum cause)small(codec, version->cause, CAUSE_COUNT);
    if (codec->layout == 1) {
        version->revision = version->number; /* as below */
        version->made_at = moment(codec, version->made_at);
        version->value = text(codec, version->value);
        return;
    }
    version->state = (enum version_state)small(codec, version->state, VERSION_STATE_COUNT);
    version->revision = number(codec, version->revision, 8);
    version->made_at = moment(codec, version->made_at);
    if (codec->layout >= 3) {
        version->ends_at = moment(codec, version->ends_at);
        version->deleted_at = moment(codec, version->deleted_at);
    }
    version->id = text(codec, version->id);
    version->labels = text(codec, version->labels);
    version->extra = text(codec, version->extra);
    version->value = text(codec, version->value);
}

DESCRIPTION void describe_flags(struct codec *codec, struct secret *secret) {
    unsigned int flags =
            (secret->armed ? SECRET_ARMED : 0) | (secret->policy.on_expiry ? SECRET_ON_EXPIRY : 0) |
            (secret->is_deleted ? SECRET_DELETED : 0) |
            (secret_has_value(secret) ? 0 : SECRET_WITHOUT_VALUE) |
            (secret->has_gaps ? SECRET_GAPS : 0) | (secret->has_given_ids ? SECRET_GIVEN_IDS : 0);

    flags = (unsigned int)number(codec, flags, 1);
    secret->armed = (flags & SECRET_ARMED) != 0;
    secret->policy.on_expiry = (flags & SECRET_ON_EXPIRY) != 0;
    secret->is_deleted = (flags & SECRET_DELETED) != 0;
    secret->has_gaps = (flags & SECRET_GAPS) != 0;
    secret->has_given_ids = (flags & SECRET_GIVEN_IDS) != 0;
    if (codec->layout == 1) {
        secret->current.binary = (flags & SECRET_BINARY) != 0;
    }
}

/*
 * Sets what layout 1 does not have. The revision of a version is not known: its number takes the
 * place, and no later version has that revision.
 */
static void complete_first_layout(struct secret *secret) {
    secret->current.made_at = secret->in_force_at;
    secret->current.revision = secret->current.number;
    secret->newest = secret->current.number;
    secret->previous = secret->current.number > 1 ? secret->current.number - 1 : 0;
}

DESCRIPTION void describe_secret(struct codec *codec, struct secret *secret) {
    bool is_first_layout = codec->layout == 1;

    describe_flags(codec, secret);
    secret->in_force_at = moment(codec, secret->in_force_at);
    secret->ttl_s = (uint32_t)number(codec, secret->ttl_s, 4);
    if (secret->is_deleted) {
        secret->gone_at = moment(codec, secret->gone_at);
        secret->deleted_at = moment(codec, secret->deleted_at);
    }
    if (is_first_layout) {
        secret->current.cause = (enum cause)small(codec, secret->current.cause, CAUSE_COUNT);
    }
    secret->env_source = (enum env_source)small(codec, secret->env_source, ENV_OFF + 1);
    secret->current.number = number(codec, secret->current.number, 8);
    if (!is_first_layout) {
        secret->previous = number(codec, secret->previous, 8);
        secret->pending = number(codec, secret->pending, 8);
        secret->newest = number(codec, secret->newest, 8);
    }
    if (codec->layout >= 3) {
        secret->keep_versions = (uint32_t)number(codec, secret->keep_versions, 4);
    }
    if (codec->layout >= 4) {
        secret->rotated_at = moment(codec, secret->rotated_at);
    }
    secret->revision = number(codec, secret->revision, 8);
    secret->generation = number(codec, secret->generation, 8);
    secret->created_at = moment(codec, secret->created_at);
    secret->updated_at = moment(codec, secret->updated_at);
    secret->env = text(codec, secret->env);
    secret->labels = text(codec, secret->labels);
    if (is_first_layout) {
        describe_policy(codec, &secret->policy);
        secret->current.value = text(codec, secret->current.value);
        complete_first_layout(secret);
        return;
    }
    secret->description = text(codec, secret->description);
    secret->extra = text(codec, secret->extra);
    describe_policy(codec, &secret->policy);
    secret->policy.grace_s = (uint32_t)number(codec, secret->policy.grace_s, 4);
    describe_version(codec, &secret->current);
}

DESCRIPTION void describe_event(struct codec *codec, struct event *event) {
    event->kind = (enum event_kind)small(codec, event->kind, EVENT_KIND_COUNT);
    event->cause = (enum cause)small(codec, event->cause, CAUSE_COUNT);
    event->at = moment(codec, event->at);
    event->version = number(codec, event->version, 8);
    event->name = text(codec, event->name);
    event->reason = text(codec, event->reason);
    event->gone_at = codec->layout == 1 ? 0 : moment(codec, event->gone_at);
}

DESCRIPTION void describe_tombstone(struct codec *codec, struct tombstone *tombstone) {
    tombstone->revision = number(codec, tombstone->revision, 8);
    tombstone->generation = number(codec, tombstone->generation, 8);
}

DESCRIPTION struct span describe_state(struct codec *codec, struct state *state) {
    state->clock_kind = (enum clock_kind)small(codec, state->clock_kind, CLOCK_VIRTUAL + 1);
    state->began_at = codec->layout == 1 ? INSTANT_VIRTUAL_DEFAULT : moment(codec, state->began_at);
    return text(codec, buffer_span(&state->seed));
}

void record_encode_secret(struct buffer *record, const struct secret *secret) {
    struct codec codec = begin_writing(record);
    struct secret copy = *secret;

    describe_secret(&codec, &copy);
}

int record_decode_secret(struct span name, struct span record, struct secret *ret_secret) {
    struct codec codec = begin_reading(record);

    *ret_secret = (struct secret){.name = name};
    describe_secret(&codec, ret_secret);
    return fields_end(&codec.from);
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
    struct codec codec = begin_writing(record);
    struct version copy = *version;

    describe_version(&codec, &copy);
}

int record_decode_version(uint64_t number, struct span record, struct version *ret_version) {
    struct codec codec = begin_reading(record);
    struct version version = {.number = number};
    int error;

    describe_version(&codec, &version);
    error = fields_end(&codec.from);
    if (error != 0) {
        return error;
    }
    *ret_version = version;
    return 0;
}

void record_encode_event(struct buffer *record, const struct event *event) {
    struct codec codec = begin_writing(record);
    struct event copy = *event;

    describe_event(&codec, &copy);
}

int record_decode_event(uint64_t seq, struct span record, struct event *ret_event) {
    struct codec codec = begin_reading(record);
    struct event event = {.seq = seq};
    int error;

    describe_event(&codec, &event);
    error = fields_end(&codec.from);
    if (error != 0) {
        return error;
    }
    *ret_event = event;
    return 0;
}

void record_encode_tombstone(struct buffer *record, const struct tombstone *tombstone) {
    struct codec codec = begin_writing(record);
    struct tombstone copy = *tombstone;

    describe_tombstone(&codec, &copy);
}

int record_decode_tombstone(struct span record, struct tombstone *ret_tombstone) {
    struct codec codec = begin_reading(record);
    struct tombstone tombstone = {0};
    int error;

    describe_tombstone(&codec, &tombstone);
    error = fields_end(&codec.from);
    if (error != 0) {
        return error;
    }
    *ret_tombstone = tombstone;
    return 0;
}

void record_encode_state(struct buffer *record, const struct state *state) {
    struct codec codec = begin_writing(record);
    struct state copy = *state;

    (void)describe_state(&codec, &copy);
}

int record_decode_state(struct span record, struct state *ret_state) {
    struct codec codec = begin_reading(record);
    STATE_AUTO struct state state = STATE_NULL;
    struct span seed = describe_state(&codec, &state);
    int error = fields_end(&codec.from);

    if (error != 0) {
        return error;
    }
    buffer_append_span(&state.seed, seed);
    error = buffer_finish(&state.seed);
    if (error != 0) {
        return error;
    }
    *ret_state = state;
    state = STATE_NULL;
    return 0;
}

void record_encode_clock(struct buffer *record, instant now) {
    struct codec codec = begin_writing(record);

    (void)moment(&codec, now);
}

int record_decode_clock(struct span record, instant *ret_now) {
    struct codec codec = begin_reading(record);
    instant now = moment(&codec, 0);
    int error = fields_end(&codec.from);

    if (error != 0) {
        return error;
    }
    *ret_now = now;
    return 0;
}

void record_encode_own(struct buffer *record, struct span bytes) {
    struct codec codec = begin_writing(record);

    (void)text(&codec, bytes);
}

int record_decode_own(struct span record, struct span *ret_bytes) {
    struct codec codec = begin_reading(record);
    struct span bytes = text(&codec, SPAN_NULL);
    int error = fields_end(&codec.from);

    if (error != 0) {
        return error;
    }
    *ret_bytes = bytes;
    return 0;
}

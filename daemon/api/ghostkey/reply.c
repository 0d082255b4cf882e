#include "api/ghostkey/reply.h"

#include <stdio.h>

#include "broker/strategy.h"
#include "broker/versions.h"
#include "ghostkey/error.h"
#include "model/labels.h"

/* More than what a secret's document takes besides its texts: names of members, numbers, times. */
#define SECRET_FIXED_BYTES 448
#define EVENT_FIXED_BYTES 192

static void append_instant(struct buffer *buffer, instant at) {
    char *place = buffer_reserve(buffer, INSTANT_TEXT_BYTES + 2);

    if (place != NULL) {
        place[0] = '"';
        instant_format(at, place + 1);
        place[INSTANT_TEXT_BYTES + 1] = '"';
        buffer_commit(buffer, INSTANT_TEXT_BYTES + 2);
    }
}

void reply_instant(struct buffer *buffer, instant at) {
    if (at == INT64_MAX) {
        buffer_append_literal(buffer, "null");
    } else {
        append_instant(buffer, at);
    }
}

static void append_bool(struct buffer *buffer, bool truth) {
    if (truth) {
        buffer_append_literal(buffer, "true");
    } else {
        buffer_append_literal(buffer, "false");
    }
}

static void append_integer(struct buffer *buffer, int64_t number) {
    if (number < 0) {
        buffer_append_byte(buffer, '-');
        buffer_append_decimal(buffer, -(uint64_t)number);
    } else {
        buffer_append_decimal(buffer, (uint64_t)number);
    }
}

static void append_parameter(struct buffer *buffer, const struct strategy_parameter *declared,
        const struct parameter *parameter) {
    bool is_list = parameter->type == PARAMETER_LIST;

    if (parameter->type == PARAMETER_NONE) {
        return;
    }
    buffer_append_literal(buffer, ",");
    json_write_plain(buffer, span_of(is_list ? declared->shown_as : declared->name));
    buffer_append_literal(buffer, ":");
    switch (parameter->type) {
    case PARAMETER_INTEGER:
        append_integer(buffer, parameter->integer);
        break;
    case PARAMETER_TEXT:
        json_write_text(buffer, parameter->text);
        break;
    default:
        buffer_append_decimal(buffer, parameter->count);
        break;
    }
}

/* How the policy's lists, which are secret, are shown. */
enum lists {
    LISTS_COUNTED, /* their counts in their place */
    LISTS_LEFT_OUT,
    LISTS_WHOLE,
};

static void append_list(struct buffer *buffer, const char *name, struct span packed) {
    const char *separator = "";
    struct span text;

    buffer_append_literal(buffer, ",");
    json_write_plain(buffer, span_of(name));
    buffer_append_literal(buffer, ":[");
    while (list_next(&packed, &text)) {
        buffer_append_text(buffer, separator);
        json_write_text(buffer, text);
        separator = ",";
    }
    buffer_append_literal(buffer, "]");
}

static void append_rotation(struct buffer *buffer, const struct policy *policy, enum lists lists) {
    const struct strategy *strategy = strategy_find(policy->strategy);

    buffer_append_literal(buffer, "{\"strategy\":");
    json_write_plain(buffer, policy->strategy);
    for (size_t i = 0; strategy != NULL && i < policy->parameter_count; i++) {
        const struct parameter *parameter = &policy->parameters[i];

        if (parameter->type != PARAMETER_LIST || lists == LISTS_COUNTED) {
            append_parameter(buffer, &strategy->parameters[i], parameter);
        } else if (lists == LISTS_WHOLE) {
            append_list(buffer, strategy->parameters[i].name, parameter->text);
        }
    }
    buffer_append_literal(buffer, ",\"on_expiry\":");
    append_bool(buffer, policy->on_expiry);
    if (policy->grace_s != 0) {
        buffer_append_literal(buffer, ",\"grace\":");
        buffer_append_decimal(buffer, policy->grace_s);
    }
    buffer_append_literal(buffer, "}");
}

void reply_policy(struct buffer *buffer, const struct policy *policy) {
    append_rotation(buffer, policy, LISTS_COUNTED);
}

static void append_labels(struct buffer *buffer, struct span packed) {
    const char *separator = "";
    struct label label;

    if (packed.len == 0) {
        buffer_append_literal(buffer, "{}");
        return;
    }
    buffer_append_literal(buffer, "{");
    while (labels_next(&packed, &label)) {
        buffer_append_text(buffer, separator);
        json_write_text(buffer, label.name);
        buffer_append_literal(buffer, ":");
        json_write_text(buffer, label.value);
        separator = ",";
    }
    buffer_append_literal(buffer, "}");
}

static void append_value(struct buffer *buffer, const struct secret *secret) {
    if (secret->current.binary) {
        buffer_append_literal(buffer, "\"value_base64\":");
        json_write_base64(buffer, secret->current.value);
    } else {
        buffer_append_literal(buffer, "\"value\":");
        json_write_text(buffer, secret->current.value);
    }
}

size_t reply_value_bytes(const struct secret *secret) {
    return secret->current.binary ? json_base64_bytes(secret->current.value)
                                  : json_text_bytes(secret->current.value);
}

static void append_lifetime(struct buffer *buffer, const struct secret *secret) {
    if (secret->ttl_s == 0) {
        buffer_append_literal(buffer, ",\"mode\":\"static\",\"ttl\":null");
    } else {
        buffer_append_literal(buffer, ",\"mode\":\"ttl\",\"ttl\":");
        buffer_append_decimal(buffer, secret->ttl_s);
    }
    buffer_append_literal(buffer, ",\"created_at\":");
    append_instant(buffer, secret->created_at);
    buffer_append_literal(buffer, ",\"updated_at\":");
    append_instant(buffer, secret->updated_at);
    buffer_append_literal(buffer, ",\"expires_at\":");
    reply_instant(buffer, secret_expires_at(secret));
}

/* The members up to and including `description`, which every document has. */
static void append_secret(
        struct buffer *buffer, const struct secret *secret, instant now, bool with_value) {
    char place[GK_NAME_MAX_BYTES + 1];
    struct span env = secret_env(secret, place);
    size_t value_bytes =
            !with_value ? 0 : secret->current.value.len + secret->current.value.len / 2;

    (void)buffer_reserve(buffer, SECRET_FIXED_BYTES + value_bytes + secret->name.len + env.len +
                                         secret->labels.len * 2 + secret->description.len);
    buffer_append_literal(buffer, "{\"name\":");
    json_write_plain(buffer, secret->name);
    if (with_value) {
        buffer_append_literal(buffer, ",");
        append_value(buffer, secret);
    }
    buffer_append_literal(buffer, ",\"expired\":");
    append_bool(buffer, secret_is_expired(secret, now));
    buffer_append_literal(buffer, ",\"metadata\":{\"version\":");
    buffer_append_decimal(buffer, secret->current.number);
    buffer_append_literal(buffer, ",\"revision\":");
    buffer_append_decimal(buffer, secret->revision);
    append_lifetime(buffer, secret);
    buffer_append_literal(buffer, ",\"rotation\":");
    reply_policy(buffer, &secret->policy);
    buffer_append_literal(buffer, ",\"env\":");
    if (env.data == NULL) {
        buffer_append_literal(buffer, "false");
    } else {
        json_write_plain(buffer, env);
    }
    buffer_append_literal(buffer, ",\"labels\":");
    append_labels(buffer, secret->labels);
    if (secret->description.len > 0) {
        buffer_append_literal(buffer, ",\"description\":");
        json_write_text(buffer, secret->description);
    }
}

void reply_definition(struct buffer *buffer, const struct secret *secret, bool with_value) {
    json_write_plain(buffer, secret->name);
    buffer_append_literal(buffer, ":{");
    if (with_value) {
        append_value(buffer, secret);
        buffer_append_literal(buffer, ",");
    }
    if (secret->ttl_s != 0) {
        buffer_append_literal(buffer, "\"ttl\":");
        buffer_append_decimal(buffer, secret->ttl_s);
        buffer_append_literal(buffer, ",");
    }
    buffer_append_literal(buffer, "\"rotation\":");
    append_rotation(buffer, &secret->policy, with_value ? LISTS_WHOLE : LISTS_LEFT_OUT);
    if (secret->env_source != ENV_DEFAULT) {
        buffer_append_literal(buffer, ",\"env\":");
        if (secret->env_source == ENV_OFF) {
            buffer_append_literal(buffer, "false");
        } else {
            json_write_plain(buffer, secret->env);
        }
    }
    if (secret->labels.len > 0) {
        buffer_append_literal(buffer, ",\"labels\":");
        append_labels(buffer, secret->labels);
    }
    if (secret->description.len > 0) {
        buffer_append_literal(buffer, ",\"description\":");
        json_write_text(buffer, secret->description);
    }
    buffer_append_literal(buffer, "}");
}

static void append_deletion(struct buffer *buffer, const struct secret *secret) {
    if (secret->is_deleted) {
        buffer_append_literal(buffer, ",\"deleted_at\":");
        append_instant(buffer, secret->deleted_at);
        buffer_append_literal(buffer, ",\"gone_at\":");
        append_instant(buffer, secret->gone_at);
    }
}

void reply_secret(
        struct buffer *buffer, const struct secret *secret, instant now, bool with_value) {
    append_secret(buffer, secret, now, with_value);
    buffer_append_literal(buffer, "}}");
}

void reply_listed(
        struct buffer *buffer, const struct secret *secret, instant now, bool with_value) {
    append_secret(buffer, secret, now, with_value);
    append_deletion(buffer, secret);
    buffer_append_literal(buffer, "}}");
}

void reply_metadata_begin(struct buffer *buffer, const struct secret *secret, instant now) {
    append_secret(buffer, secret, now, false);
    append_deletion(buffer, secret);
    buffer_append_literal(buffer, ",\"versions\":[");
}

void reply_version_begin(struct buffer *buffer, const struct version *version, bool first) {
    if (!first) {
        buffer_append_literal(buffer, ",");
    }
    buffer_append_literal(buffer, "{\"version\":");
    buffer_append_decimal(buffer, version->number);
    buffer_append_literal(buffer, ",\"id\":");
}

static void append_stages(
        struct buffer *buffer, const struct version *version, const struct secret *secret) {
    const uint64_t numbers[STAGE_COUNT] = {
            [STAGE_CURRENT] = secret->current.number,
            [STAGE_PREVIOUS] = secret->previous,
            [STAGE_PENDING] = secret_pending(secret),
    };
    struct span rest = version->labels;
    const char *separator = "";
    struct span label;

    for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
        if (numbers[stage] == version->number) {
            buffer_append_text(buffer, separator);
            json_write_plain(buffer, span_of(stage_text(stage)));
            separator = ",";
        }
    }
    while (list_next(&rest, &label)) {
        buffer_append_text(buffer, separator);
        json_write_text(buffer, label);
        separator = ",";
    }
}

void reply_version_end(
        struct buffer *buffer, const struct version *version, const struct secret *secret) {
    static const char *const states[] = {
            [VERSION_LIVE] = "live",
            [VERSION_DELETED] = "deleted",
            [VERSION_DESTROYED] = "destroyed",
    };

    buffer_append_literal(buffer, ",\"created_at\":");
    append_instant(buffer, version->made_at);
    buffer_append_literal(buffer, ",\"cause\":\"");
    buffer_append_text(buffer, cause_text(version->cause));
    buffer_append_literal(buffer, "\",\"state\":\"");
    buffer_append_text(buffer, states[version->state]);
    buffer_append_literal(buffer, "\",\"stages\":[");
    append_stages(buffer, version, secret);
    buffer_append_literal(buffer, "]}");
}

void reply_metadata_end(struct buffer *buffer) {
    buffer_append_literal(buffer, "]}}");
}

void reply_event(struct buffer *buffer, const struct event *event) {
    (void)buffer_reserve(buffer, EVENT_FIXED_BYTES + event->name.len + event->reason.len);
    buffer_append_literal(buffer, "{\"seq\":");
    buffer_append_decimal(buffer, event->seq);
    buffer_append_literal(buffer, ",\"at\":");
    append_instant(buffer, event->at);
    buffer_append_literal(buffer, ",\"event\":\"");
    buffer_append_text(buffer, event_kind_text(event->kind));
    buffer_append_literal(buffer, "\",\"name\":");
    json_write_text(buffer, event->name);
    buffer_append_literal(buffer, ",\"version\":");
    buffer_append_decimal(buffer, event->version);
    buffer_append_literal(buffer, ",\"cause\":\"");
    buffer_append_text(buffer, cause_text(event->cause));
    buffer_append_literal(buffer, "\"");
    if (event->kind == EVENT_FAILED) {
        buffer_append_literal(buffer, ",\"reason\":");
        json_write_text(buffer, event->reason);
    }
    if (event->gone_at != 0) {
        buffer_append_literal(buffer, ",\"gone_at\":");
        append_instant(buffer, event->gone_at);
    }
    buffer_append_literal(buffer, "}");
}

/* This API's names for the fields of a problem. A parameter's name follows; a quote ends them. */
static const char *const field_names[] = {
        [FIELD_GENERATE] = "member 'generate",
        [FIELD_LABELS] = "member 'labels",
        [FIELD_STRATEGY] = "member 'rotation.strategy",
        [FIELD_PARAMETER] = "member 'rotation.",
        [FIELD_ON_EXPIRY] = "member 'rotation.on_expiry",
        [FIELD_EXPECTED] = "header 'If-Match",
        [FIELD_UNEXPECTED] = "header 'If-None-Match",
};

struct span reply_sentence(
        int outcome, const struct problem *problem, char place[REPLY_SENTENCE_MAX_BYTES]) {
    const char *parameter = problem->parameter != NULL ? problem->parameter : "";

    if (outcome < 0 || problem->detail[0] == '\0') {
        return span_of(gk_outcome_sentence(outcome));
    }
    if (problem->field == FIELD_NONE) {
        return span_of(problem->detail);
    }
    (void)snprintf(place, REPLY_SENTENCE_MAX_BYTES, "%s%s': %s", field_names[problem->field],
            parameter, problem->detail);
    return span_of(place);
}

void reply_problem(struct buffer *buffer, int outcome, const struct problem *problem) {
    char place[REPLY_SENTENCE_MAX_BYTES];

    reply_refusal(buffer, outcome, reply_sentence(outcome, problem, place));
}

void reply_refusal(struct buffer *buffer, int outcome, struct span detail) {
    reply_problem_status(buffer, gk_outcome_status(outcome), gk_outcome_title(outcome), detail);
}

void reply_problem_status(
        struct buffer *buffer, int status, const char *title, struct span detail) {
    buffer_append_literal(buffer, "{\"type\":\"about:blank\",\"title\":");
    json_write_text(buffer, span_of(title));
    buffer_append_literal(buffer, ",\"status\":");
    buffer_append_decimal(buffer, (uint64_t)status);
    buffer_append_literal(buffer, ",\"detail\":");
    json_write_text(buffer, detail);
    buffer_append_literal(buffer, "}");
}

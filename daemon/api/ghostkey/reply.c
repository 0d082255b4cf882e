#include "api/ghostkey/reply.h"

#include "broker/strategy.h"
#include "ghostkey/error.h"
#include "model/labels.h"
#include <stdio.h>

/* More than what a secret's document takes besides its texts: names of members, numbers, times. */
#define SECRET_FIXED_BYTES 448
#define EVENT_FIXED_BYTES 192
#define DETAIL_MAX_BYTES \
    (PROBLEM_MAX_BYTES + 128) /* the longest name of a field is much shorter \
                               */

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
        reply_literal(buffer, "null");
    } else {
        append_instant(buffer, at);
    }
}

static void append_bool(struct buffer *buffer, bool truth) {
    if (truth) {
        reply_literal(buffer, "true");
    } else {
        reply_literal(buffer, "false");
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
    reply_literal(buffer, ",");
    reply_text(buffer, span_of(is_list ? declared->shown_as : declared->name));
    reply_literal(buffer, ":");
    switch (parameter->type) {
    case PARAMETER_INTEGER:
        append_integer(buffer, parameter->integer);
        break;
    case PARAMETER_TEXT:
        reply_text(buffer, parameter->text);
        break;
    default:
        buffer_append_decimal(buffer, parameter->count);
        break;
    }
}

static void append_rotation(struct buffer *buffer, const struct policy *policy) {
    const struct strategy *strategy = strategy_find(policy->strategy);

    reply_literal(buffer, "{\"strategy\":");
    reply_text(buffer, policy->strategy);
    for (size_t i = 0; strategy != NULL && i < policy->parameter_count; i++) {
        append_parameter(buffer, &strategy->parameters[i], &policy->parameters[i]);
    }
    reply_literal(buffer, ",\"on_expiry\":");
    append_bool(buffer, policy->on_expiry);
    reply_literal(buffer, "}");
}

static void append_labels(struct buffer *buffer, struct span packed) {
    const char *separator = "{";
    struct label label;

    while (labels_next(&packed, &label)) {
        buffer_append_byte(buffer, separator[0]);
        reply_text(buffer, label.name);
        reply_literal(buffer, ":");
        reply_text(buffer, label.value);
        separator = ",";
    }
    if (separator[0] == '{') {
        reply_literal(buffer, "{");
    }
    reply_literal(buffer, "}");
}

static void append_value(struct buffer *buffer, const struct secret *secret) {
    if (secret->binary) {
        reply_literal(buffer, ",\"value_base64\":");
        reply_base64(buffer, secret->value);
    } else {
        reply_literal(buffer, ",\"value\":");
        reply_text(buffer, secret->value);
    }
}

size_t reply_value_bytes(const struct secret *secret) {
    return secret->binary ? reply_base64_bytes(secret->value) : reply_text_bytes(secret->value);
}

static void append_lifetime(struct buffer *buffer, const struct secret *secret) {
    if (secret->ttl_s == 0) {
        reply_literal(buffer, ",\"mode\":\"static\",\"ttl\":null");
    } else {
        reply_literal(buffer, ",\"mode\":\"ttl\",\"ttl\":");
        buffer_append_decimal(buffer, secret->ttl_s);
    }
    reply_literal(buffer, ",\"created_at\":");
    append_instant(buffer, secret->created_at);
    reply_literal(buffer, ",\"updated_at\":");
    append_instant(buffer, secret->updated_at);
    reply_literal(buffer, ",\"expires_at\":");
    reply_instant(buffer, secret_expires_at(secret));
}

/* All up to and with the last member of `metadata` that every document has. */
static void append_secret(
        struct buffer *buffer, const struct secret *secret, instant now, bool with_value) {
    char place[GK_NAME_MAX_BYTES + 1];
    struct span env = secret_env(secret, place);
    size_t value_bytes = !with_value ? 0 : secret->value.len + secret->value.len / 2;

    (void)buffer_reserve(buffer,
            SECRET_FIXED_BYTES + value_bytes + secret->name.len + env.len + secret->labels.len * 2);
    reply_literal(buffer, "{\"name\":");
    reply_text(buffer, secret->name);
    if (with_value) {
        append_value(buffer, secret);
    }
    reply_literal(buffer, ",\"expired\":");
    append_bool(buffer, secret_is_expired(secret, now));
    reply_literal(buffer, ",\"metadata\":{\"version\":");
    buffer_append_decimal(buffer, secret->version);
    reply_literal(buffer, ",\"revision\":");
    buffer_append_decimal(buffer, secret->revision);
    append_lifetime(buffer, secret);
    reply_literal(buffer, ",\"rotation\":");
    append_rotation(buffer, &secret->policy);
    reply_literal(buffer, ",\"env\":");
    if (env.data == NULL) {
        reply_literal(buffer, "false");
    } else {
        reply_text(buffer, env);
    }
    reply_literal(buffer, ",\"labels\":");
    append_labels(buffer, secret->labels);
}

void reply_secret(
        struct buffer *buffer, const struct secret *secret, instant now, bool with_value) {
    append_secret(buffer, secret, now, with_value);
    reply_literal(buffer, "}}");
}

void reply_metadata_begin(struct buffer *buffer, const struct secret *secret, instant now) {
    append_secret(buffer, secret, now, false);
    reply_literal(buffer, ",\"versions\":[");
}

void reply_metadata_version(struct buffer *buffer, const struct version *version, bool first) {
    if (!first) {
        reply_literal(buffer, ",");
    }
    reply_literal(buffer, "{\"version\":");
    buffer_append_decimal(buffer, version->number);
    reply_literal(buffer, ",\"created_at\":");
    append_instant(buffer, version->made_at);
    reply_literal(buffer, ",\"cause\":\"");
    buffer_append_text(buffer, cause_text(version->cause));
    reply_literal(buffer, "\"}");
}

void reply_metadata_end(struct buffer *buffer) {
    reply_literal(buffer, "]}}");
}

void reply_event(struct buffer *buffer, const struct event *event) {
    (void)buffer_reserve(buffer, EVENT_FIXED_BYTES + event->name.len + event->reason.len);
    reply_literal(buffer, "{\"seq\":");
    buffer_append_decimal(buffer, event->seq);
    reply_literal(buffer, ",\"at\":");
    append_instant(buffer, event->at);
    reply_literal(buffer, ",\"event\":\"");
    buffer_append_text(buffer, event_kind_text(event->kind));
    reply_literal(buffer, "\",\"name\":");
    reply_text(buffer, event->name);
    reply_literal(buffer, ",\"version\":");
    buffer_append_decimal(buffer, event->version);
    reply_literal(buffer, ",\"cause\":\"");
    buffer_append_text(buffer, cause_text(event->cause));
    reply_literal(buffer, "\"");
    if (event->kind == EVENT_FAILED) {
        reply_literal(buffer, ",\"reason\":");
        reply_text(buffer, event->reason);
    }
    reply_literal(buffer, "}");
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

static void append_detail(struct buffer *buffer, int outcome, const struct problem *problem) {
    const char *parameter = problem->parameter != NULL ? problem->parameter : "";
    char named[DETAIL_MAX_BYTES];

    if (outcome < 0 || problem->detail[0] == '\0') {
        reply_text(buffer, span_of(gk_outcome_sentence(outcome)));
        return;
    }
    if (problem->field == FIELD_NONE) {
        reply_text(buffer, span_of(problem->detail));
        return;
    }
    (void)snprintf(named, sizeof(named), "%s%s': %s", field_names[problem->field], parameter,
            problem->detail);
    reply_text(buffer, span_of(named));
}

void reply_problem(struct buffer *buffer, int outcome, const struct problem *problem) {
    reply_literal(buffer, "{\"type\":\"about:blank\",\"title\":");
    reply_text(buffer, span_of(gk_outcome_title(outcome)));
    reply_literal(buffer, ",\"status\":");
    buffer_append_decimal(buffer, (uint64_t)gk_outcome_status(outcome));
    reply_literal(buffer, ",\"detail\":");
    append_detail(buffer, outcome, problem);
    reply_literal(buffer, "}");
}

#include "api/ghostkey/reply.h"

/* `{` before the first member of an object, else a comma; then the member's name. */
static void begin_member(struct buffer *buffer, char *separator, const char *name) {
    buffer_append_byte(buffer, *separator);
    buffer_append_byte(buffer, '"');
    buffer_append_text(buffer, name);
    buffer_append_literal(buffer, "\":");
    *separator = ',';
}

static void end_object(struct buffer *buffer, char separator) {
    buffer_append_text(buffer, separator == '{' ? "{}" : "}");
}

static void append_text(
        struct buffer *buffer, char *separator, const char *name, const char *text) {
    if (text[0] != '\0') {
        begin_member(buffer, separator, name);
        json_write_text(buffer, span_of(text));
    }
}

static void append_number(
        struct buffer *buffer, char *separator, const char *name, uint64_t number, uint64_t none) {
    if (number != none) {
        begin_member(buffer, separator, name);
        buffer_append_decimal(buffer, number);
    }
}

static void append_time(
        struct buffer *buffer, char *separator, const char *name, instant at, instant none) {
    if (at != none) {
        begin_member(buffer, separator, name);
        reply_instant(buffer, at);
    }
}

/* In the largest unit that divides it. */
static void append_delay(struct buffer *buffer, uint32_t ms) {
    static const struct {
        uint32_t ms;
        const char *unit;
    } units[] = {{60000, "m\""}, {1000, "s\""}, {1, "ms\""}};
    size_t at = 0;

    while (ms % units[at].ms != 0) {
        at += 1;
    }
    buffer_append_byte(buffer, '"');
    buffer_append_decimal(buffer, ms / units[at].ms);
    buffer_append_text(buffer, units[at].unit);
}

static void append_kind(struct buffer *buffer, char *separator, const struct fault_effect *effect) {
    switch (effect->kind) {
    case FAULT_ERROR:
        append_text(buffer, separator, "error", fault_error_text((enum fault_error)effect->number));
        break;
    case FAULT_STATUS:
        append_number(buffer, separator, "status", effect->number, 0);
        break;
    case FAULT_DROP_BEFORE:
        append_text(buffer, separator, "drop", "before");
        break;
    case FAULT_DROP_AFTER:
        append_text(buffer, separator, "drop", "after");
        break;
    case FAULT_TRUNCATE:
        append_number(buffer, separator, "truncate", effect->number, UINT64_MAX);
        break;
    case FAULT_STALE:
        begin_member(buffer, separator, "stale");
        buffer_append_literal(buffer, "true");
        break;
    case FAULT_DELAY:
        break;
    }
}

void reply_fault_rule(struct buffer *buffer, const struct fault_rule *rule) {
    const struct fault_when *when = &rule->when;
    char separator = '{';

    buffer_append_literal(buffer, "\"match\":");
    append_text(buffer, &separator, "api", rule->api);
    append_text(buffer, &separator, "operation", rule->operation);
    append_text(buffer, &separator, "name", rule->name);
    end_object(buffer, separator);
    buffer_append_literal(buffer, ",\"effect\":");
    separator = '{';
    if (rule->effect.delay_ms != 0) {
        begin_member(buffer, &separator, "delay");
        append_delay(buffer, rule->effect.delay_ms);
    }
    append_kind(buffer, &separator, &rule->effect);
    end_object(buffer, separator);
    buffer_append_literal(buffer, ",\"when\":");
    separator = '{';
    append_number(buffer, &separator, "skip", when->skip, 0);
    append_number(buffer, &separator, "times", when->times, FAULT_TIMES_ANY);
    append_number(buffer, &separator, "every", when->every, 0);
    append_number(buffer, &separator, "percent", when->percent, 0);
    append_time(buffer, &separator, "from", when->from, FAULT_FROM_ANY);
    append_time(buffer, &separator, "until", when->until, FAULT_UNTIL_ANY);
    end_object(buffer, separator);
}

void reply_fault(struct buffer *buffer, const struct fault *fault) {
    buffer_append_literal(buffer, "{\"id\":");
    json_write_text(buffer, span_of(fault->rule.id));
    buffer_append_literal(buffer, ",");
    reply_fault_rule(buffer, &fault->rule);
    buffer_append_literal(buffer, ",\"matched\":");
    buffer_append_decimal(buffer, fault->matched);
    buffer_append_literal(buffer, ",\"fired\":");
    buffer_append_decimal(buffer, fault->fired);
    buffer_append_literal(buffer, "}");
}

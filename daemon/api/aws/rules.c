#include "api/aws/rules.h"

#include "api/aws/own.h"
#include "common/json_writer.h"
#include "http/request_text.h"

#define DAYS_MIN 1
#define DAYS_MAX 1000
#define S_PER_HOUR 3600
#define S_PER_DAY 86400

bool is_rotating(const struct secret *secret) {
    return secret->policy.on_expiry && secret->ttl_s != 0;
}

bool is_rotation_on(const struct secret *secret) {
    return is_rotating(secret) || span_equals(own_text(secret, OWN_ROTATION), ROTATION_BY_HAND);
}

/* rate(10 days): the seconds; 0: the text is no such expression. */
static uint32_t seconds_of_rate(struct span text) {
    static const struct {
        const char *unit;
        unsigned int seconds;
    } units[] = {{"hour)", S_PER_HOUR}, {"hours)", S_PER_HOUR}, {"day)", S_PER_DAY},
            {"days)", S_PER_DAY}};
    const struct span head = SPAN_LITERAL("rate(");
    unsigned long long count;
    struct span number;

    if (!span_starts_with(text, head)) {
        return 0;
    }
    text = span_trim((struct span){text.data + head.len, text.len - head.len});
    number = span_take_until(&text, ' ');
    text = span_trim(text);
    if (text.data == NULL || decimal_parse(number, &count) != 0) {
        return 0;
    }
    for (size_t at = 0; at < sizeof(units) / sizeof(units[0]); at++) {
        if (span_is(text, units[at].unit) && count > 0 &&
                count <= (unsigned long long)DAYS_MAX * S_PER_DAY / units[at].seconds) {
            return (uint32_t)count * units[at].seconds;
        }
    }
    return 0;
}

static int refuse_schedule(struct call *call, struct span schedule) {
    if (span_starts_with(schedule, SPAN_LITERAL("cron("))) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "GhostKey has no calendar, so it knows no cron(...): use rate(N hours) or "
                "rate(N days).");
    }
    return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
            "The ScheduleExpression must be rate(N hours) or rate(N days), at most 1000 days.");
}

int rules_take(struct call *call, uint32_t *ret_ttl_s) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *rules = &arguments->of[MEMBER_ROTATION_RULES];
    const struct argument *days;
    const struct argument *schedule;

    *ret_ttl_s = 0;
    if (!rules->given) {
        return 0;
    }
    days = element_of(arguments, rules, 0, RULES_MEMBERS, RULES_DAYS);
    schedule = element_of(arguments, rules, 0, RULES_MEMBERS, RULES_SCHEDULE);
    if (days->given && schedule->given) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "You can't specify both RotationRules.AutomaticallyAfterDays and "
                "RotationRules.ScheduleExpression.");
    }
    if (days->given && (days->number < DAYS_MIN || days->number > DAYS_MAX)) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "RotationRules.AutomaticallyAfterDays must be within 1-1000.");
    }
    if (days->given) {
        *ret_ttl_s = (uint32_t)days->number * S_PER_DAY;
    }
    if (schedule->given) {
        *ret_ttl_s = seconds_of_rate(schedule->text);
    }
    return schedule->given && *ret_ttl_s == 0 ? refuse_schedule(call, schedule->text) : 0;
}

void append_rules(struct buffer *buffer, const struct secret *secret) {
    struct span schedule = own_text(secret, OWN_SCHEDULE);
    struct span duration = own_text(secret, OWN_DURATION);

    if (!is_rotating(secret)) {
        return;
    }
    buffer_append_literal(buffer, ",\"RotationRules\":{");
    if (schedule.len > 0 && seconds_of_rate(schedule) == secret->ttl_s) {
        buffer_append_literal(buffer, "\"ScheduleExpression\":");
        json_write_text(buffer, schedule);
    } else if (secret->ttl_s % S_PER_DAY == 0) {
        buffer_append_literal(buffer, "\"AutomaticallyAfterDays\":");
        buffer_append_decimal(buffer, secret->ttl_s / S_PER_DAY);
    } else { /* a TTL that AWS could not have; its hours are rounded up */
        buffer_append_literal(buffer, "\"ScheduleExpression\":\"rate(");
        buffer_append_decimal(buffer, (secret->ttl_s - 1) / S_PER_HOUR + 1);
        buffer_append_text(buffer, secret->ttl_s <= S_PER_HOUR ? " hour)\"" : " hours)\"");
    }
    append_text_member(buffer, "Duration", duration);
    buffer_append_literal(buffer, "}");
}

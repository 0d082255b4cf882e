/* The body of a fault rule: `match`, `effect` and `when` (contract, section 11). */
#include "api/ghostkey/request_fault.h"

#include "api/ghostkey/mistakes.h"
#include "api/ghostkey/request_json.h"
#include "common/fault_words.h"
#include "common/pattern.h"
#include "http/api.h"
#include "http/request_text.h"

#define refuse_fault(body, ...) problem_set((body)->problem, GK_E_BAD_REQUEST, __VA_ARGS__)

/* A rule that is being read. */
struct rule_reading {
    struct body *body;
    struct fault_rule *rule;
    int effects; /* members that say what happens, besides the delay */
    struct span id;
    struct mistakes *mistakes; /* NULL: the first one ends the reading */
};

typedef int member_reader(struct rule_reading *reading, const struct member *member);

/* 0: the reading goes on after a part of it, without an error, or since all mistakes are wanted. */
static int go_on(struct rule_reading *reading, int error) {
    if (error <= 0 || reading->mistakes == NULL) {
        return error;
    }
    mistakes_add(reading->mistakes, "fault", reading->id, error, reading->body->problem);
    return 0;
}

/* Reads each member of an object. */
static int read_object(
        struct rule_reading *reading, const struct member *object, member_reader *read_member) {
    struct members members;
    int error;

    if (!is_object(&object->value)) {
        return refuse_fault(
                reading->body, "member '%s' must be an object", shown_utf8(object->name).text);
    }
    error = body_members(reading->body, object->value.raw, &members);
    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < members.count; at++) {
        error = go_on(reading, read_member(reading, &members.items[at]));
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* Copies a text that fits; false: the member is none. */
static bool take_text(const struct member *member, char *place, size_t max) {
    struct span text = member->value.raw;

    if (!is_text(&member->value) || text.len == 0 || text.len > max || span_has_nul(text)) {
        return false;
    }
    memcpy(place, text.data, text.len);
    place[text.len] = '\0';
    return true;
}

static int read_match(struct rule_reading *reading, const struct member *member) {
    struct fault_rule *rule = reading->rule;

    if (span_is(member->name, "api")) {
        return take_text(member, rule->api, GK_FAULT_WORD_MAX_BYTES) &&
                               api_is_known(span_of(rule->api))
                       ? 0
                       : refuse_fault(reading->body,
                                 "member 'match.api' must be 'ghostkey', 'vault', 'aws' or "
                                 "'credential'");
    }
    if (span_is(member->name, "operation")) {
        return take_text(member, rule->operation, GK_FAULT_WORD_MAX_BYTES) &&
                               api_has_operation(span_of(rule->operation))
                       ? 0
                       : refuse_fault(reading->body,
                                 "member 'match.operation' must be 'read', 'write', 'rotate', "
                                 "'delete', 'list', 'login', or the name of an operation of an "
                                 "API, such as 'get', 'kv-read' or 'GetSecretValue'");
    }
    if (span_is(member->name, "name")) {
        return take_text(member, rule->name, GK_NAME_MAX_BYTES) && pattern_is_valid(rule->name)
                       ? 0
                       : refuse_fault(reading->body,
                                 "member 'match.name' must be a pattern of names, such as "
                                 "'app/**'");
    }
    return refuse_fault(reading->body,
            "unknown member 'match.%s'; there are 'api', 'operation' and 'name'",
            shown_utf8(member->name).text);
}

static int read_error(struct rule_reading *reading, const struct member *member) {
    struct fault_effect *effect = &reading->rule->effect;

    effect->kind = FAULT_ERROR;
    for (effect->number = 0; effect->number < FAULT_ERROR_COUNT; effect->number++) {
        if (is_text(&member->value) &&
                span_is(member->value.raw, fault_error_text((enum fault_error)effect->number))) {
            return 0;
        }
    }
    return refuse_fault(reading->body,
            "member 'effect.error' must be 'unavailable', 'internal', 'throttled', 'forbidden', "
            "'sealed' or 'not_found'");
}

/* A number of the range; -1: it is none. */
static int64_t number_in(const struct member *member, int64_t min, int64_t max) {
    int64_t number;

    return is_integer(&member->value, &number) && number >= min && number <= max ? number : -1;
}

static int read_number_effect(
        struct rule_reading *reading, const struct member *member, bool is_status) {
    struct fault_effect *effect = &reading->rule->effect;
    int64_t number = is_status ? number_in(member, GK_FAULT_STATUS_MIN, GK_FAULT_STATUS_MAX)
                               : number_in(member, 0, INT64_MAX);

    effect->kind = is_status ? FAULT_STATUS : FAULT_TRUNCATE;
    effect->number = (uint64_t)number;
    if (number >= 0) {
        return 0;
    }
    return is_status ? refuse_fault(reading->body,
                               "member 'effect.status' must be a status, %d to %d",
                               GK_FAULT_STATUS_MIN, GK_FAULT_STATUS_MAX)
                     : refuse_fault(reading->body,
                               "member 'effect.truncate' must be a number of bytes, from 0");
}

static int read_drop(struct rule_reading *reading, const struct member *member) {
    bool is_before = is_text(&member->value) && span_is(member->value.raw, "before");

    reading->rule->effect.kind = is_before ? FAULT_DROP_BEFORE : FAULT_DROP_AFTER;
    return is_before || (is_text(&member->value) && span_is(member->value.raw, "after"))
                   ? 0
                   : refuse_fault(
                             reading->body, "member 'effect.drop' must be 'before' or 'after'");
}

static int read_effect(struct rule_reading *reading, const struct member *member) {
    struct fault_effect *effect = &reading->rule->effect;

    if (span_is(member->name, "delay")) {
        return is_text(&member->value) && delay_parse(member->value.raw, &effect->delay_ms) == 0
                       ? 0
                       : refuse_fault(reading->body,
                                 "member 'effect.delay' must be a time such as '250ms', '2s' or "
                                 "'1m', at most '10m'");
    }
    reading->effects += 1;
    if (span_is(member->name, "error")) {
        return read_error(reading, member);
    }
    if (span_is(member->name, "status") || span_is(member->name, "truncate")) {
        return read_number_effect(reading, member, span_is(member->name, "status"));
    }
    if (span_is(member->name, "drop")) {
        return read_drop(reading, member);
    }
    if (span_is(member->name, "stale")) {
        effect->kind = FAULT_STALE;
        return member->value.kind == JSON_READER_TRUE
                       ? 0
                       : refuse_fault(reading->body, "member 'effect.stale' can only be true");
    }
    return refuse_fault(reading->body,
            "unknown member 'effect.%s'; there are 'delay', 'error', 'status', 'drop', 'truncate' "
            "and 'stale'",
            shown_utf8(member->name).text);
}

static int read_time(struct rule_reading *reading, const struct member *member, instant *ret_at) {
    if (is_text(&member->value) && instant_parse(member->value.raw, ret_at) == 0) {
        return 0;
    }
    return refuse_fault(reading->body,
            "member 'when.%s' must be a time as in RFC 3339, such as '2000-01-01T00:00:00Z'",
            shown_utf8(member->name).text);
}

static int read_when(struct rule_reading *reading, const struct member *member) {
    struct fault_when *when = &reading->rule->when;
    const struct {
        const char *name;
        int64_t min;
        int64_t max;
        uint64_t *number;
    } numbers[] = {
            {"skip", 0, INT64_MAX, &when->skip},
            {"times", 1, INT64_MAX, &when->times},
            {"every", 1, INT64_MAX, &when->every},
            {"percent", 1, 100, &when->percent},
    };

    for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
        int64_t number;

        if (!span_is(member->name, numbers[at].name)) {
            continue;
        }
        number = number_in(member, numbers[at].min, numbers[at].max);
        *numbers[at].number = (uint64_t)number;
        if (number < 0) {
            return refuse_fault(reading->body, "member 'when.%s' must be a whole number, %lld%s",
                    numbers[at].name, (long long)numbers[at].min,
                    numbers[at].max == 100 ? " to 100" : " or more");
        }
        return 0;
    }
    if (span_is(member->name, "from")) {
        return read_time(reading, member, &when->from);
    }
    if (span_is(member->name, "until")) {
        return read_time(reading, member, &when->until);
    }
    return refuse_fault(reading->body,
            "unknown member 'when.%s'; there are 'skip', 'times', 'every', 'percent', 'from' and "
            "'until'",
            shown_utf8(member->name).text);
}

static int read_part(struct rule_reading *reading, const struct member *member) {
    if (span_is(member->name, "match")) {
        return read_object(reading, member, read_match);
    }
    if (span_is(member->name, "effect")) {
        return read_object(reading, member, read_effect);
    }
    if (span_is(member->name, "when")) {
        return read_object(reading, member, read_when);
    }
    return refuse_fault(reading->body,
            "unknown member '%s'; there are 'match', 'effect' and 'when'",
            shown_utf8(member->name).text);
}

static int read_rule(struct rule_reading *reading, const struct members *members) {
    struct fault_rule *rule = reading->rule;
    size_t count = reading->mistakes != NULL ? reading->mistakes->count : 0;
    bool is_whole;

    *rule = (struct fault_rule){
            .when = {.times = FAULT_TIMES_ANY, .from = FAULT_FROM_ANY, .until = FAULT_UNTIL_ANY}};
    memcpy(rule->id, reading->id.data, reading->id.len);
    for (size_t at = 0; at < members->count; at++) {
        int error = go_on(reading, read_part(reading, &members->items[at]));

        if (error != 0) {
            return error;
        }
    }
    is_whole = reading->mistakes == NULL || reading->mistakes->count == count;
    if (reading->effects > 1 || (is_whole && reading->effects == 0 && rule->effect.delay_ms == 0)) {
        return go_on(reading,
                refuse_fault(reading->body,
                        "member 'effect' must say one thing that happens: 'error', 'status', "
                        "'drop', 'truncate' or 'stale', each also with a 'delay', or a 'delay' "
                        "alone"));
    }
    return 0;
}

int request_read_document_fault(struct body *body, const struct json_reader_value *value,
        struct span id, struct mistakes *mistakes, struct fault_rule *ret_rule) {
    struct rule_reading reading = {.body = body, .rule = ret_rule, .id = id, .mistakes = mistakes};
    struct members members;
    int error;

    if (!is_object(value)) {
        return go_on(&reading,
                refuse_fault(body,
                        "its rule must be an object, such as {\"effect\":{\"delay\":\"2s\"}}"));
    }
    error = body_members(body, value->raw, &members);
    return error != 0 ? go_on(&reading, error) : read_rule(&reading, &members);
}

int request_decode_fault(
        struct span text, struct span id, struct fault_rule *ret_rule, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct body body = {text, &bytes, problem};
    struct rule_reading reading = {.body = &body, .rule = ret_rule, .id = id};
    struct members members;
    int error = body_open(&body, &members);

    return error != 0 ? error : read_rule(&reading, &members);
}

int request_decode_fault_id(struct span text, char place[GK_FAULT_ID_MAX_BYTES],
        struct span *ret_id, struct problem *problem) {
    size_t len;

    if (percent_decode(text, place, GK_FAULT_ID_MAX_BYTES, &len) == 0 &&
            fault_id_is_valid((struct span){place, len})) {
        *ret_id = (struct span){place, len};
        return 0;
    }
    return problem_set(problem, GK_E_BAD_REQUEST, FAULT_ID_RULE, GK_FAULT_ID_MAX_BYTES);
}

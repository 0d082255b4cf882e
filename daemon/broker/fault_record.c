#include "broker/fault_record.h"

#include "store/fields.h"

struct span fault_key(char place[FAULT_KEY_MAX_BYTES], const char *prefix, struct span id) {
    size_t len = strlen(prefix);

    memcpy(place, prefix, len);
    memcpy(place + len, id.data, id.len);
    return (struct span){place, len + id.len};
}

void fault_encode(const struct fault_rule *rule, struct buffer *record) {
    field_put_span(record, span_of(rule->api));
    field_put_span(record, span_of(rule->operation));
    field_put_span(record, span_of(rule->name));
    field_put_number(record, rule->effect.kind, 1);
    field_put_number(record, rule->effect.delay_ms, 4);
    field_put_number(record, rule->effect.number, 8);
    field_put_number(record, rule->when.skip, 8);
    field_put_number(record, rule->when.times, 8);
    field_put_number(record, rule->when.every, 8);
    field_put_number(record, rule->when.percent, 1);
    field_put_number(record, (uint64_t)rule->when.from, 8);
    field_put_number(record, (uint64_t)rule->when.until, 8);
}

static void take_text(struct fields *fields, char *place, size_t max) {
    struct span text = field_take_span(fields);

    if (text.len > max) {
        fields->bad = true;
        return;
    }
    if (text.len > 0) {
        memcpy(place, text.data, text.len);
    }
    place[text.len] = '\0';
}

int fault_decode(struct span record, struct fault_rule *ret_rule) {
    struct fields fields = {.rest = record};
    struct fault_rule *rule = ret_rule;

    take_text(&fields, rule->api, GK_FAULT_WORD_MAX_BYTES);
    take_text(&fields, rule->operation, GK_FAULT_WORD_MAX_BYTES);
    take_text(&fields, rule->name, GK_NAME_MAX_BYTES);
    rule->effect.kind = (enum fault_kind)field_take_below(&fields, FAULT_KIND_COUNT);
    rule->effect.delay_ms = (uint32_t)field_take_number(&fields, 4);
    rule->effect.number = field_take_number(&fields, 8);
    rule->when.skip = field_take_number(&fields, 8);
    rule->when.times = field_take_number(&fields, 8);
    rule->when.every = field_take_number(&fields, 8);
    rule->when.percent = field_take_below(&fields, 101);
    rule->when.from = (instant)field_take_number(&fields, 8);
    rule->when.until = (instant)field_take_number(&fields, 8);
    if (rule->effect.kind == FAULT_ERROR && rule->effect.number >= FAULT_ERROR_COUNT) {
        fields.bad = true;
    }
    return fields_end(&fields);
}

void fault_encode_counts(const struct fault *fault, char place[FAULT_COUNTS_BYTES]) {
    number_put(place, fault->matched, 8);
    number_put(place + 8, fault->fired, 8);
}

int fault_decode_counts(struct span record, struct fault *fault) {
    struct fields fields = {.rest = record};

    fault->matched = field_take_number(&fields, 8);
    fault->fired = field_take_number(&fields, 8);
    return fields_end(&fields);
}

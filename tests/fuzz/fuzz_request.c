/* The request decoder: the input as each kind of body. */
#include <jansson.h>
#include <string.h>

#include "api/ghostkey/request.h"
#include "api/ghostkey/request_fault.h"
#include "fuzz.h"

#define VALUE_MAX_BYTES 4096

static void expect(int error, const struct problem *problem) {
    MUST(error == 0 || error == GK_E_BAD_REQUEST || error == GK_E_TOO_LARGE);
    MUST(error == 0 || problem->detail[0] != '\0');
}

/* What the decoder takes is JSON to jansson as well, with the same text for a value. */
static void compare_with_library(struct span body, const struct definition *definition) {
    json_auto_t *root =
            json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_t *value = json_object_get(root, "value");

    MUST(json_is_object(root));
    MUST(value == NULL || span_equals(definition->value, (struct span){json_string_value(value),
                                                                 json_string_length(value)}));
}

static void decode_definition(struct span body, bool is_patch) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct problem problem = PROBLEM_NULL;
    struct definition definition = {0};
    int error = (is_patch ? request_decode_patch : request_decode_put)(
            body, VALUE_MAX_BYTES, &bytes, &definition, &problem);

    expect(error, &problem);
    if (error != 0) {
        return;
    }
    compare_with_library(body, &definition);
    MUST(bytes.len <= 2 * body.len);
    MUST(definition.value.len <= VALUE_MAX_BYTES);
    MUST(definition.label_count <= (is_patch ? GK_LABEL_CHANGES_MAX : GK_LABELS_MAX));
    MUST(is_patch || definition.value_source != VALUE_KEPT);
    MUST(definition.binary || definition.value.len == 0 ||
            memchr(definition.value.data, 0, definition.value.len) == NULL);
}

/* What is read is within the limits, and has one effect or a delay. */
static void decode_fault(struct span body) {
    struct problem problem = PROBLEM_NULL;
    struct fault_rule rule;
    int error = request_decode_fault(body, SPAN_LITERAL("f"), &rule, &problem);

    expect(error, &problem);
    if (error != 0) {
        return;
    }
    MUST(strlen(rule.name) <= GK_NAME_MAX_BYTES && strlen(rule.api) <= GK_FAULT_WORD_MAX_BYTES);
    MUST(rule.effect.kind != FAULT_DELAY || rule.effect.delay_ms > 0);
    MUST(rule.effect.kind != FAULT_ERROR || rule.effect.number < FAULT_ERROR_COUNT);
    MUST(rule.effect.kind != FAULT_STATUS || (rule.effect.number >= GK_FAULT_STATUS_MIN &&
                                                     rule.effect.number <= GK_FAULT_STATUS_MAX));
    MUST(rule.when.percent <= 100 && rule.when.times >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct problem problem = PROBLEM_NULL;
    struct span body = {(const char *)data, size};
    int64_t by_s = 1;
    instant now = 0;

    decode_definition(body, false);
    decode_definition(body, true);
    expect(request_decode_empty(body, &problem), &problem);
    expect(request_decode_advance(body, &by_s, &problem), &problem);
    MUST(by_s > 0);
    expect(request_decode_set_clock(body, &now, &problem), &problem);
    decode_fault(body);
    return 0;
}

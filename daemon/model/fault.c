#include "model/fault.h"

const char *fault_error_text(enum fault_error error) {
    static const char *const texts[FAULT_ERROR_COUNT] = {
            [FAULT_UNAVAILABLE] = "unavailable",
            [FAULT_INTERNAL] = "internal",
            [FAULT_THROTTLED] = "throttled",
            [FAULT_FORBIDDEN] = "forbidden",
            [FAULT_SEALED] = "sealed",
            [FAULT_NOT_FOUND] = "not_found",
    };

    return texts[error];
}

bool fault_is_class(const char *word) {
    static const char *const classes[] = {"read", "write", "rotate", "delete", "list", "login"};

    for (size_t at = 0; at < sizeof(classes) / sizeof(classes[0]); at++) {
        if (strcmp(classes[at], word) == 0) {
            return true;
        }
    }
    return false;
}

bool fault_rule_equals(const struct fault_rule *one, const struct fault_rule *other) {
    return strcmp(one->api, other->api) == 0 && strcmp(one->operation, other->operation) == 0 &&
           strcmp(one->name, other->name) == 0 && one->effect.kind == other->effect.kind &&
           one->effect.delay_ms == other->effect.delay_ms &&
           one->effect.number == other->effect.number && one->when.skip == other->when.skip &&
           one->when.times == other->when.times && one->when.every == other->when.every &&
           one->when.percent == other->when.percent && one->when.from == other->when.from &&
           one->when.until == other->when.until;
}

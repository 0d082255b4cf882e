#include "broker/parameter.h"

#include <errno.h>
#include <inttypes.h>

/* A template may be longer than the values made from it, so the limit of values is too low. */
#define TEXT_MAX_BYTES 65536

static int check_integer(const struct strategy_parameter *declared, const struct parameter *given,
        struct problem *problem) {
    if (given->type == PARAMETER_INTEGER && given->integer >= declared->min &&
            given->integer <= declared->max) {
        return 0;
    }
    return problem_set_parameter(problem, declared->name,
            "the %s must be a whole number from %" PRId64 " to %" PRId64, declared->name,
            declared->min, declared->max);
}

static int check_text(const struct strategy_parameter *declared, const struct parameter *given,
        size_t value_max_bytes, struct problem *problem) {
    size_t max = value_max_bytes > TEXT_MAX_BYTES ? value_max_bytes : TEXT_MAX_BYTES;
    const char *fault = NULL;
    size_t at = 0;

    if (given->type != PARAMETER_TEXT) {
        return problem_set_parameter(
                problem, declared->name, "the %s must be a text", declared->name);
    }
    if (given->text.len > max) {
        return problem_set_parameter(problem, declared->name,
                "the %s has %zu bytes; at most %zu are accepted", declared->name, given->text.len,
                max);
    }
    if (declared->fault != NULL) {
        fault = declared->fault(given->text, &at);
    }
    if (fault != NULL) {
        return problem_set_parameter(
                problem, declared->name, "at byte %zu of the %s %s", at + 1, declared->name, fault);
    }
    return 0;
}

static int check_list(const struct strategy_parameter *declared, const struct parameter *given,
        size_t value_max_bytes, struct problem *problem) {
    struct span rest = given->text;
    struct span text;
    int64_t count = 0;
    size_t total = 0;

    if (given->type != PARAMETER_LIST) {
        return problem_set_parameter(
                problem, declared->name, "the %s must be a list of texts", declared->name);
    }
    for (; list_next(&rest, &text); count++) {
        total += text.len;
    }
    if (count != given->count || count < declared->min || count > declared->max) {
        return problem_set_parameter(problem, declared->name,
                "the %s must be a list of %" PRId64 " to %" PRId64 " texts", declared->name,
                declared->min, declared->max);
    }
    if (total > value_max_bytes) {
        return problem_set_parameter(problem, declared->name,
                "the %s have %zu bytes in all; at most %zu are accepted (--max-value)",
                declared->name, total, value_max_bytes);
    }
    return 0;
}

int parameter_check(const struct strategy_parameter *declared, const struct parameter *given,
        size_t value_max_bytes, struct problem *problem) {
    switch (declared->type) {
    case PARAMETER_INTEGER:
        return check_integer(declared, given, problem);
    case PARAMETER_TEXT:
        return check_text(declared, given, value_max_bytes, problem);
    case PARAMETER_LIST:
        return check_list(declared, given, value_max_bytes, problem);
    case PARAMETER_NONE:
        break;
    }
    return -EINVAL;
}

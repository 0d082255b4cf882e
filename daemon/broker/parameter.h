/* A parameter that a strategy takes, and whether a policy's parameter is as declared. */
#ifndef GHOSTKEYD_BROKER_PARAMETER_H
#define GHOSTKEYD_BROKER_PARAMETER_H

#include <stddef.h>
#include <stdint.h>

#include "model/policy.h"
#include "model/problem.h"

/* A parameter that a strategy takes. */
struct strategy_parameter {
    const char *name;
    enum parameter_type type;
    bool required;
    int64_t fallback;     /* of an integer that is not given */
    int64_t min;          /* of an integer, or of a list's count */
    int64_t max;          /* likewise */
    const char *shown_as; /* a list is secret: only its count is shown, under this name */
    /*
     * Checks a text. NULL, or what is wrong at *ret_at, as the rest of a sentence that begins with
     * "at byte 7 of the template". It repeats nothing of the text, which may be secret.
     */
    const char *(*fault)(struct span text, size_t *ret_at);
};

/* Checks a policy's parameter. 0, or GK_E_BAD_REQUEST about that parameter. */
int parameter_check(const struct strategy_parameter *declared, const struct parameter *given,
        size_t value_max_bytes, struct problem *problem);

#endif

/*
 * Why a request was refused: a sentence for the person who sent it, and the part of the request
 * that the sentence is about. The sentence never holds a value of a secret.
 */
#ifndef GHOSTKEYD_MODEL_PROBLEM_H
#define GHOSTKEYD_MODEL_PROBLEM_H

#include <stdbool.h>

#include "ghostkey/error.h"

#define PROBLEM_MAX_BYTES 512

/* The parts of a request. Each wire API puts its own name for the part before the sentence. */
enum problem_field {
    FIELD_NONE,     /* the request as a whole */
    FIELD_GENERATE, /* that the value is generated */
    FIELD_LABELS,
    FIELD_STRATEGY,
    FIELD_PARAMETER,  /* a parameter of the strategy: problem.parameter */
    FIELD_ON_EXPIRY,  /* whether the secret rotates at the end of its TTL */
    FIELD_EXPECTED,   /* what must exist before the change */
    FIELD_UNEXPECTED, /* what must not */
};

struct problem {
    enum problem_field field;
    const char *parameter;          /* the name of FIELD_PARAMETER; it is never freed */
    char detail[PROBLEM_MAX_BYTES]; /* UTF-8; empty: the outcome's own sentence is used */
};

#define PROBLEM_NULL ((struct problem){0})

/*
 * Writes the sentence and returns outcome, so that a refusal is one line:
 * `return problem_set(problem, GK_E_NO_SECRET, "no secret named '%.*s'", SPAN_ARGS(name));`
 * What does not fit is cut, never within a character; what is not UTF-8 becomes '?'.
 */
int problem_set(struct problem *problem, int outcome, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* The same about one field. The sentence is complete without the field's name. */
int problem_set_field(struct problem *problem, int outcome, enum problem_field field,
        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* GK_E_BAD_REQUEST about the strategy's parameter of that name. */
int problem_set_parameter(struct problem *problem, const char *parameter, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif

/*
 * Why a request was refused, in a sentence for the person who sent it: it becomes the detail of a
 * problem document (RFC 9457). It never holds a value.
 */
#ifndef GHOSTKEYD_MODEL_PROBLEM_H
#define GHOSTKEYD_MODEL_PROBLEM_H

#include "ghostkey/error.h"
#include <stdbool.h>

#define PROBLEM_MAX_BYTES 512

struct problem {
    char detail[PROBLEM_MAX_BYTES]; /* UTF-8; empty: the outcome's own sentence will do */
};

#define PROBLEM_NULL ((struct problem){{0}})

/*
 * Writes the sentence and returns outcome, so that a refusal is one line:
 * `return problem_set(problem, GK_E_NO_SECRET, "no secret named '%.*s'", SPAN_ARGS(name));`
 * What does not fit is cut, never within a character; what is not UTF-8 becomes '?'.
 */
int problem_set(struct problem *problem, int outcome, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif

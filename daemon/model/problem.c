#include "model/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

/* Turns what is not UTF-8 into '?'. is_cut: the last character may be incomplete. */
static void make_utf8(char *text, bool is_cut) {
    size_t len = strlen(text);

    for (size_t at = 0; at < len;) {
        size_t width = utf8_character(text + at, len - at);

        if (width == 0 && is_cut && len - at < 4) {
            text[at] = '\0';
            return;
        }
        if (width == 0) {
            text[at] = '?';
            width = 1;
        }
        at += width;
    }
}

__attribute__((format(printf, 4, 0))) static void set(struct problem *problem,
        enum problem_field field, const char *parameter, const char *format, va_list arguments) {
    int printed = vsnprintf(problem->detail, sizeof(problem->detail), format, arguments);

    problem->field = field;
    problem->parameter = parameter;
    if (printed < 0) {
        problem->detail[0] = '\0';
        return;
    }
    make_utf8(problem->detail, (size_t)printed >= sizeof(problem->detail));
}

int problem_set(struct problem *problem, int outcome, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    set(problem, FIELD_NONE, NULL, format, arguments);
    va_end(arguments);
    return outcome;
}

int problem_set_field(
        struct problem *problem, int outcome, enum problem_field field, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    set(problem, field, NULL, format, arguments);
    va_end(arguments);
    return outcome;
}

int problem_set_parameter(struct problem *problem, const char *parameter, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    set(problem, FIELD_PARAMETER, parameter, format, arguments);
    va_end(arguments);
    return GK_E_BAD_REQUEST;
}

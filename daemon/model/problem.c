#include "model/problem.h"

#include "common/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int problem_set(struct problem *problem, int outcome, const char *format, ...) {
    char *detail = problem->detail;
    size_t len;
    va_list arguments;
    int printed;

    va_start(arguments, format);
    printed = vsnprintf(detail, sizeof(problem->detail), format, arguments);
    va_end(arguments);
    if (printed < 0) {
        detail[0] = '\0';
        return outcome;
    }
    len = strlen(detail);
    for (size_t at = 0; at < len;) {
        size_t width = utf8_character(detail + at, len - at);

        if (width == 0 && (size_t)printed > len && len - at < 4) {
            detail[at] = '\0'; /* the character that the cut went through */
            break;
        }
        if (width == 0) {
            detail[at] = '?';
            width = 1;
        }
        at += width;
    }
    return outcome;
}

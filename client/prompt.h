/* A value asked from the person at the terminal, without echo. */
#ifndef GHOSTCTL_PROMPT_H
#define GHOSTCTL_PROMPT_H

#include "buffer.h"

/*
 * Asks twice on the terminal that is standard input, prompts on standard error, and appends the
 * line without its newline. GK_EXIT_FAILED, said, if the two differ, the terminal cannot be made
 * silent, or the person gave up.
 */
int prompt_twice(const char *what, struct buffer *ret_value);

#endif

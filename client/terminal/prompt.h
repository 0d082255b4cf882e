/* A value asked from the person at the terminal, without echo. */
#ifndef GHOSTCTL_PROMPT_H
#define GHOSTCTL_PROMPT_H

#include "common/buffer.h"

/*
 * Asks twice on the terminal that is standard input, prompts on standard error, and appends the
 * line without its newline. The terminal's own lines end at 4,095 bytes, so it gives its characters
 * one by one meanwhile, and erasing is done here. After a stop (Ctrl-Z) it is silenced again and
 * the line is asked for anew. At the end, also by a signal, the terminal is as it was found.
 *
 * GK_EXIT_FAILED, said, if the two differ, more than one line comes at once (a paste), the terminal
 * cannot be made silent, or the person gave up.
 */
int prompt_twice(const char *what, struct buffer *ret_value);

#endif

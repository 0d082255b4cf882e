/* Asks the user for a value at the terminal, without echo. */
#ifndef GHOSTCTL_PROMPT_H
#define GHOSTCTL_PROMPT_H

#include "common/buffer.h"

/*
 * Asks twice on the terminal that is standard input, with prompts on standard error, and appends
 * the line without its newline. A terminal's own lines end at 4,095 bytes; so the terminal is read
 * character by character, and this module handles the keys that erase. After a stop (Ctrl-Z) the
 * echo is turned off again and the line is asked for again. At the end, also by a signal, the
 * terminal has its old settings.
 *
 * GK_EXIT_FAILED, after a message, if the two lines differ, more than one line comes at once (a
 * paste), the echo cannot be turned off, or the user gave up.
 */
int prompt_twice(const char *what, struct buffer *ret_value);

#endif

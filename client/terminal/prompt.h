/* Asks the user at the terminal: for a value, without echo, or whether to go on. */
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

/* The same, but the value is asked for only once. */
int prompt_once(const char *what, struct buffer *ret_value);

/* Whether standard input and standard error are terminals, so that the user can be asked. */
bool prompt_is_possible(void);

/* Asks the question. GK_EXIT_FAILED, after a message, unless the answer is yes. */
int prompt_confirm(const char *question);

#endif

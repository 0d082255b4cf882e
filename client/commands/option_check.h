/* Option values that are wrong whatever the command does with them. */
#ifndef GHOSTCTL_OPTION_CHECK_H
#define GHOSTCTL_OPTION_CHECK_H

#include "command.h"

#define NUMBER_NONE (-1) /* what number_read() returns for a text that is none */

/* A whole number from 0 on, of digits alone, as far as it fits. */
int64_t number_read(const char *text);

/* Checks each option that means the same for every command. Returns an exit status. */
int option_check(const struct invocation *invocation);

#endif

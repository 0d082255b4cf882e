/* Lengths of time as they are typed: whole seconds, or a duration such as 1h30m. */
#ifndef GHOSTCTL_DURATION_OPTION_H
#define GHOSTCTL_DURATION_OPTION_H

#include <jansson.h>

#include "command.h"

/* How a length of time is typed, for messages and help texts. */
#define DURATION_WORDS \
    "90s, 15m, 1h30m or 7d (the units are d, h, m and s; a number alone is seconds)"

/*
 * Reads the option as a number of seconds from `min` to GK_TTL_MAX_S. *ret_seconds is NULL if the
 * option is not given. GK_EXIT_USAGE, after a message, for any other text.
 */
int duration_option_read(
        const struct invocation *invocation, const char *option, int64_t min, json_t **ret_seconds);

#endif

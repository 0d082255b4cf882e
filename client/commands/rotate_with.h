/* `rotate --with`: the secret and what uses it change together, or neither does. */
#ifndef GHOSTCTL_ROTATE_WITH_H
#define GHOSTCTL_ROTATE_WITH_H

#include "command.h"

/*
 * Makes a pending version of the secret that is the first argument, runs `command` by the shell,
 * and promotes the version if that succeeds; else discards it. *broker is closed while the command
 * runs, and connected again after it; NULL if that fails. *ret_made is the document of the version
 * with its value, *ret_promoted the answer of the promotion. If the command fails, the exit status
 * is the command's.
 */
int rotate_with(const struct invocation *invocation, struct broker_client **broker,
        const char *command, struct broker_answer *ret_made, struct broker_answer *ret_promoted);

#endif

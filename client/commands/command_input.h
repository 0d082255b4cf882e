/* What a command gets from ghostctl besides its environment: which version of a secret it is about,
 * and bytes on its standard input. */
#ifndef GHOSTCTL_COMMAND_INPUT_H
#define GHOSTCTL_COMMAND_INPUT_H

#include <jansson.h>
#include <stddef.h>

/* Sets GHOSTKEY_NAME and GHOSTKEY_VERSION in ghostctl's own environment. */
void command_input_name(const char *name, json_int_t version);

/*
 * Makes the bytes the standard input of ghostctl, which needs its own no more, and so of the
 * commands that it starts: a file in memory, which waits for no reader. An exit status, after a
 * message.
 */
int command_input_set(const char *bytes, size_t len);

#endif

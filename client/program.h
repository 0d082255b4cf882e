/*
 * ghostctl as a whole: reads the command line, runs its command and returns the exit status. No
 * command includes this header: a command finds the table of commands in its invocation.
 */
#ifndef GHOSTCTL_PROGRAM_H
#define GHOSTCTL_PROGRAM_H

#include "command.h"

/* Every command, in the order of the help text; NULL ends the table. */
extern const struct command *const program_commands[];

/* Reads the command line, runs its command and finishes the output. Returns the exit status. */
int program_main(int argc, char **argv);

#endif

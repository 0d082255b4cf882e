/*
 * ghostctl as a whole: its commands, and the way from the command line to the exit status. It is
 * above the commands; a command that needs the table gets it in its invocation.
 */
#ifndef GHOSTCTL_PROGRAM_H
#define GHOSTCTL_PROGRAM_H

#include "command.h"

/* Every command, in the order of the help text; NULL ends the table. */
extern const struct command *const program_commands[];

/* Reads the command line, runs its command and finishes the output. Returns the exit status. */
int program_main(int argc, char **argv);

#endif

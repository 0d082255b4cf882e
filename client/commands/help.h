/* Help, rendered from the tables of commands and options. */
#ifndef GHOSTCTL_HELP_H
#define GHOSTCTL_HELP_H

struct command;

void help_print_all(void);
void help_print_command(const struct command *command);

#endif

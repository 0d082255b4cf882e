/* What the scripts for the shells have in common. */
#ifndef GHOSTCTL_COMPLETION_INTERNAL_H
#define GHOSTCTL_COMPLETION_INTERNAL_H

#include <stdbool.h>

#include "command.h"
#include "commands/completion.h"

/* Whether an option that takes a value takes the path of a file. */
bool completion_is_for_file(const struct option_spec *option);

/* The formats of the env file, each with a space before it. */
void completion_append_formats(struct buffer *script);

/* The words that a command's arguments are completed with, as words of bash and zsh; or none. */
void completion_append_words(struct buffer *script, const struct command *command);

#endif

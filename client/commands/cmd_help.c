/* ghostctl help: what the program, or one command, does. */
#include "command.h"

#include <ghostkey/error.h>

#include "commands/help.h"

static int run(const struct invocation *invocation) {
    const struct command *command;

    if (invocation->argument_count == 0) {
        help_print_all();
        return GK_EXIT_DONE;
    }
    command = command_find(invocation->arguments[0]);
    if (command == NULL) {
        return GK_EXIT_USAGE;
    }
    help_print_command(command);
    return GK_EXIT_DONE;
}

const struct command cmd_help = {
        .name = "help",
        .args = "[COMMAND]",
        .summary = "Tell what ghostctl, or one command, does.",
        .example = "ghostctl help put",
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_COMMANDS,
        .run = run,
};

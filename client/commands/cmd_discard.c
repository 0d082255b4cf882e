/* ghostctl discard: the pending version is given up. */
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/stage_change.h"

static int run(const struct invocation *invocation) {
    return stage_change_run(invocation, GK_ROUTE_DISCARD);
}

const struct command cmd_discard = {
        .name = "discard",
        .args = "NAME",
        .summary = "Remove the pending version and its value.",
        .help = "Prints the name and the number of the version that is gone.",
        .example = "ghostctl discard db_pass",
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

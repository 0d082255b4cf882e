/* ghostctl promote: the pending version comes into force. */
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/stage_change.h"

static int run(const struct invocation *invocation) {
    return stage_change_run(invocation, GK_ROUTE_PROMOTE);
}

const struct command cmd_promote = {
        .name = "promote",
        .args = "NAME",
        .summary = "Make the pending version the current one.",
        .help = "Its TTL counts from now; the version that was current is the previous one.\n"
                "Prints the name and the number of the version.",
        .example = "ghostctl promote db_pass",
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

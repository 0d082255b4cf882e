/* ghostctl restore: what was deleted comes back. */
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/stage_change.h"

static const struct option_spec options[] = {
        {"version", '\0', OPTION_TAKES_VALUE, "N", "undo the deletion of version N"},
        {NULL},
};

static int run(const struct invocation *invocation) {
    return stage_change_run(invocation, GK_ROUTE_RESTORE);
}

const struct command cmd_restore = {
        .name = "restore",
        .args = "NAME",
        .summary = "Undo a deletion.",
        .help = "Undoes the deletion of the secret or, if it is not deleted, that of its current\n"
                "version. Prints the name and the number of the current version.",
        .example = "ghostctl restore db_pass",
        .options = options,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_DELETED,
        .run = run,
};

/* The options of `sandbox`, which `drill` has as well. */
#ifndef GHOSTCTL_SANDBOX_OPTIONS_H
#define GHOSTCTL_SANDBOX_OPTIONS_H

#include "command.h"
#include "sandbox/sandbox.h"

/* The rows of these options, for the command's table. */
#define SANDBOX_OPTIONS \
    {"seed", '\0', OPTION_TAKES_VALUE, "TEXT", "of all generated values (default: sandbox)"}, \
            {"clock", '\0', OPTION_TAKES_VALUE, "SPEC", \
                    "'system' or 'virtual[:TIME]' (default: virtual)"}, \
            {"apply", '\0', OPTION_TAKES_VALUE, "FILE", "begin with what FILE defines"}, \
            {"import", '\0', OPTION_TAKES_VALUE, "FILE", \
                    "begin with the variables of a dotenv or JSON file"}, \
            {"store", '\0', OPTION_TAKES_VALUE, "FILE", "keep the state in FILE across runs"}, \
            {"no-tcp", '\0', OPTION_TAKES_NOTHING, NULL, "the Unix socket alone"}, { \
        "api", '\0', OPTION_TAKES_VALUE, "APIS", "variables for these alone: 'vault', 'vault,aws'" \
    }

/* An exit status, after a message. Text in *ret_plan points into the command line. */
int sandbox_options_read(const struct invocation *invocation, struct sandbox_plan *ret_plan);

/* The value of --api; without it, all. An exit status, after a message. */
int sandbox_options_read_apis(const struct invocation *invocation, unsigned *ret_apis);

#endif

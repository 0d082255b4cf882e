/* ghostctl reset: the daemon forgets everything. */
#include <ghostkey/error.h>

#include "command.h"
#include "terminal/prompt.h"

static const struct option_spec options[] = {
        {"yes", 'y', OPTION_TAKES_NOTHING, NULL, "do not ask"},
        {NULL},
};

static int run(const struct invocation *invocation) {
    bool asks = !option_is_given(invocation->options, "yes");
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (asks && !prompt_is_possible()) {
        return command_usage(invocation->command, "without a terminal to ask at, --yes is needed");
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    if (asks) {
        error = prompt_confirm("forget all secrets, events and faults?");
        if (error != 0) {
            return error;
        }
    }
    error = broker_reset(broker, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
    }
    return GK_EXIT_DONE;
}

const struct command cmd_reset = {
        .name = "reset",
        .args = "",
        .summary = "Make the daemon forget everything.",
        .help = "Secrets, events, faults and requests are forgotten; the seed stays, and a\n"
                "virtual clock goes back to where it began. What follows is the same as after\n"
                "a new start with the same options. ghostctl asks first; without a terminal,\n"
                "--yes is needed.",
        .example = "ghostctl reset --yes",
        .options = options,
        .arguments_max = 0,
        .run = run,
};

/* ghostctl delete: remove secrets. */
#include "command.h"

#include <ghostkey/error.h>

#include "commands/secret_suggest.h"
#include "secret_name.h"
#include "terminal/output.h"

static int delete_one(
        const struct invocation *invocation, struct broker_client *broker, const char *name) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_delete(broker, name, &answer);

    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    if (invocation->json) {
        command_print_json(&answer);
    }
    return 0;
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int first_failure = 0;
    int error = secret_name_check_all(invocation->arguments, invocation->argument_count);

    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < invocation->argument_count; i++) {
        error = delete_one(invocation, broker, invocation->arguments[i]);
        if (first_failure == 0) {
            first_failure = error;
        }
    }
    return first_failure;
}

const struct command cmd_delete = {
        .name = "delete",
        .args = "NAME...",
        .summary = "Remove secrets.",
        .help = "If one fails, the others are still removed; the exit status is that of the first\n"
                "that failed.",
        .example = "ghostctl delete old/db_pass old/api_key",
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

/* ghostctl update: another definition for a secret, which keeps its value. */
#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/definition.h"
#include "commands/secret_suggest.h"
#include "secret_name.h"

static const struct option_spec options[] = {DEFINITION_OPTIONS, {NULL}};

static int run(const struct invocation *invocation) {
    const char *name = invocation->arguments[0];
    json_auto_t *patch = json_object();
    const struct broker_request request = {
            .method = "PATCH", .route = GK_ROUTE_SECRET, .name = name, .body = patch};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = secret_name_check(name);

    if (error != 0) {
        return error;
    }
    error = definition_read(invocation, patch);
    if (error != 0) {
        return error;
    }
    if (json_object_size(patch) == 0) {
        return command_usage(invocation->command,
                "no option says what to change; 'ghostctl put' gives a secret a new value");
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_ask(broker, &request, &answer);
    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    if (invocation->json) {
        command_print_json(&answer);
    }
    return GK_EXIT_DONE;
}

const struct command cmd_update = {
        .name = "update",
        .args = "NAME",
        .summary = "Change how a secret is defined, not its value.",
        .help = "What no option names stays as it is. A new TTL counts from when the current\n"
                "value came into force. --template and --values imply their strategy. Another\n"
                "strategy starts with its own defaults.",
        .example = "ghostctl update db_pass --ttl 1h --no-label team",
        .options = options,
        .takes_value = true,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

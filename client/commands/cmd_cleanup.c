/* ghostctl cleanup: remove expired secrets that do not rotate. */
#include "command.h"

#include <ghostkey/error.h>

#include "terminal/output.h"

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    size_t index;
    json_t *removed;
    json_t *name;
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    error = broker_cleanup(broker, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    removed = json_object_get(answer.document, "removed");
    if (!json_is_array(removed)) {
        return broker_answer_misunderstood("no 'removed'");
    }
    json_array_foreach(removed, index, name) {
        output_shown("%s", json_is_string(name) ? json_string_value(name) : "");
    }
    return GK_EXIT_DONE;
}

const struct command cmd_cleanup = {
        .name = "cleanup",
        .args = "",
        .summary = "Remove expired secrets.",
        .help = "Removes the secrets that are expired and will not rotate by themselves, and\n"
                "prints their names.",
        .example = "ghostctl cleanup",
        .arguments_max = 0,
        .run = run,
};

/* ghostctl status: how the daemon is. */
#include "command.h"

#include <ghostkey/error.h>

#include "output.h"

static int run(const struct invocation *invocation) {
    AUTO_BROKER *broker = NULL;
    AUTO_ANSWER answer = {0};
    const char *key;
    json_t *value;
    int rc = command_connect(invocation, &broker);

    rc = rc != GK_EXIT_DONE ? rc : broker_status(broker, &answer);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    json_object_foreach(answer.document, key, value) {
        if (json_is_string(value)) {
            output_text("%s: %s\n", key, json_string_value(value));
        } else if (json_is_integer(value)) {
            output_text("%s: %lld\n", key, (long long)json_integer_value(value));
        }
    }
    return GK_EXIT_DONE;
}

const struct command cmd_status = {
        .name = "status",
        .args = "",
        .summary = "Show how the daemon is.",
        .example = "ghostctl status",
        .arguments_max = 0,
        .run = run,
};

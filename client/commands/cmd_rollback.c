/* ghostctl rollback: the previous version comes into force again. */
#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/secret_suggest.h"
#include "commands/stage_change.h"
#include "terminal/output.h"
#include "wire/secret_view.h"

static const struct option_spec options[] = {
        {"version", '\0', OPTION_TAKES_VALUE, "N", "this version in place of the previous one"},
        {NULL},
};

/* The number of the previous version. GK_EXIT_NOT_FOUND, after a message, if there is none. */
static int find_previous(struct broker_client *broker, const char *name, json_int_t *ret_version) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_describe(broker, name, &answer);

    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    *ret_version = secret_version_of_stage(answer.document, "previous");
    if (*ret_version == 0) {
        output_error("'%s' has no previous version", name);
        return GK_EXIT_NOT_FOUND;
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    json_int_t version = 0;
    int error = stage_change_begin(invocation, &broker, &version);

    if (error != 0) {
        return error;
    }
    if (version == 0) {
        error = find_previous(broker, invocation->arguments[0], &version);
        if (error != 0) {
            return error;
        }
    }
    return stage_change_ask(invocation, broker, GK_ROUTE_PROMOTE, version);
}

const struct command cmd_rollback = {
        .name = "rollback",
        .args = "NAME",
        .summary = "Make the previous version current again.",
        .help = "Its TTL counts from now, and the version that was current becomes the previous\n"
                "one: a second rollback undoes the first. Prints the name and the number of the\n"
                "version.",
        .example = "ghostctl rollback db_pass",
        .options = options,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

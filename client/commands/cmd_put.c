/* ghostctl put: make a secret, or give one a new value. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/definition.h"
#include "commands/value_source.h"
#include "secret_name.h"
#include "terminal/output.h"

/* How often put is tried while others make and delete the secret. */
#define ATTEMPTS_MAX 10

static const struct option_spec options[] = {
        DEFINITION_OPTIONS,
        {"generate", '\0', OPTION_TAKES_NOTHING, NULL, "the strategy makes the value"},
        {"replace", '\0', OPTION_TAKES_NOTHING, NULL, "define it anew"},
        {"create", '\0', OPTION_TAKES_NOTHING, NULL, "only if there is no secret of that name"},
        {"if-match", '\0', OPTION_TAKES_VALUE, "REVISION", "only if this revision is current"},
        {"raw", '\0', OPTION_TAKES_NOTHING, NULL, "keep a newline at the end of standard input"},
        {NULL},
};

static int set_value(const struct invocation *invocation, json_t *patch) {
    char *argument = invocation->argument_count > 1 ? invocation->arguments[1] : NULL;
    bool raw = option_is_given(invocation->options, "raw");
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    int error;

    if (option_is_given(invocation->options, "generate")) {
        json_object_set_new(patch, "generate", json_true());
        return argument == NULL ? GK_EXIT_DONE
                                : command_usage(invocation->command,
                                          "a VALUE and --generate contradict each other");
    }
    error = value_source_read(argument, invocation->arguments[0], raw, &value);
    if (error != 0) {
        return error;
    }
    value_set_member(patch, &value);
    return GK_EXIT_DONE;
}

/* The message does not repeat the name: a value may have been typed in its place. */
static int check_name(const struct invocation *invocation, const char *name) {
    if (secret_name_is_valid(name)) {
        return GK_EXIT_DONE;
    }
    return command_usage(invocation->command,
            "NAME, the first argument, is not a name: " SECRET_NAME_RULE, GK_NAME_MAX_BYTES);
}

static int read_condition(const struct invocation *invocation, struct broker_condition *condition) {
    bool replaces = option_is_given(invocation->options, "replace");

    condition->if_match = option_value(invocation->options, "if-match");
    condition->create = option_is_given(invocation->options, "create");
    if (condition->create && replaces) {
        return command_usage(invocation->command, "--replace and --create contradict each other");
    }
    if (condition->if_match == NULL) {
        return GK_EXIT_DONE;
    }
    if (condition->create) {
        return command_usage(invocation->command, "--if-match and --create contradict each other");
    }
    if (strcmp(condition->if_match, "*") != 0 &&
            (condition->if_match[0] == '\0' ||
                    strspn(condition->if_match, "0123456789") != strlen(condition->if_match))) {
        return command_usage(
                invocation->command, "'--if-match' takes a revision: a number, or '*'");
    }
    return GK_EXIT_DONE;
}

/* Defines the secret as the patch alone says. `unprinted`: as in struct broker_request. */
static int define(struct broker_client *broker, const char *name, const json_t *patch,
        const struct broker_condition *condition, int unprinted, struct broker_answer *ret_answer) {
    json_auto_t *definition = definition_of_patch(patch);

    return broker_ask(broker,
            &(struct broker_request){
                    .method = "PUT",
                    .route = GK_ROUTE_SECRET,
                    .name = name,
                    .body = definition,
                    .condition = *condition,
                    .unprinted = unprinted,
            },
            ret_answer);
}

/*
 * Patches the secret, or makes it if it does not exist. Others may make or delete it between the
 * two requests; then both are tried again.
 */
static int patch_or_make(struct broker_client *broker, const char *name, const json_t *patch,
        const struct broker_condition *condition, struct broker_answer *ret_answer) {
    static const struct broker_condition absent = {.create = true};
    const struct broker_request request = {
            .method = "PATCH",
            .route = GK_ROUTE_SECRET,
            .name = name,
            .body = patch,
            .condition = *condition,
            .unprinted = gk_outcome_status(GK_E_NO_SECRET),
    };

    for (int attempt = 1;; attempt++) {
        bool is_last = attempt == ATTEMPTS_MAX;
        int error = broker_ask(broker, &request, ret_answer);

        if (error != GK_EXIT_NOT_FOUND || broker_client_met_fault(broker)) {
            return error;
        }
        if (condition->if_match != NULL) {
            output_error("'--if-match %s': no secret named '%s'", condition->if_match, name);
            return GK_EXIT_PRECONDITION;
        }
        error = define(broker, name, patch, &absent,
                is_last ? 0 : gk_outcome_status(GK_E_PRECONDITION), ret_answer);
        if (error != GK_EXIT_PRECONDITION || is_last || broker_client_met_fault(broker)) {
            return error;
        }
    }
}

static int run(const struct invocation *invocation) {
    const char *name = invocation->arguments[0];
    struct broker_condition condition = {0};
    json_auto_t *patch = json_object();
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = check_name(invocation, name);

    if (error != 0) {
        return error;
    }
    error = read_condition(invocation, &condition);
    if (error != 0) {
        return error;
    }
    error = definition_read(invocation, patch);
    if (error != 0) {
        return error;
    }
    error = set_value(invocation, patch);
    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    if (condition.create || option_is_given(invocation->options, "replace")) {
        error = define(broker, name, patch, &condition, 0, &answer);
    } else {
        error = patch_or_make(broker, name, patch, &condition, &answer);
    }
    return error != 0 ? error : command_print_version(invocation, &answer);
}

const struct command cmd_put = {
        .name = "put",
        .args = "NAME [VALUE]",
        .summary = "Make a secret, or give one a new value.",
        .help = "VALUE '-' or left out: standard input, without one newline at its end; on a\n"
                "terminal ghostctl asks twice, without echo. '@FILE': that file, byte for byte. A\n"
                "value that is not UTF-8 or holds a NUL is put as binary. A VALUE on the command\n"
                "line may stay in your shell's history. A secret that exists keeps what no option\n"
                "names; --replace defines it anew. --template and --values imply their strategy.\n"
                "Prints the name and the number of the version.",
        .example = "ghostctl put db_pass --ttl 1h --rotate-on-expiry < pass.txt",
        .options = options,
        .takes_value = true,
        .arguments_min = 1,
        .arguments_max = 2,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

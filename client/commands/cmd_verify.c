/* ghostctl verify: whether a service should accept a value now. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/secret_suggest.h"
#include "commands/value_source.h"
#include "secret_name.h"
#include "terminal/output.h"

/* The word to print; NULL: the answer breaks the contract. */
static const char *word_of(const json_t *answer, bool is_accepted) {
    const char *text = json_string_value(json_object_get(answer, "stage"));
    const char *stage = text != NULL ? text : "";
    bool is_current = strcmp(stage, "current") == 0;

    if (is_accepted) {
        return is_current || strcmp(stage, "previous") == 0 ? stage : NULL;
    }
    if (json_is_null(json_object_get(answer, "version"))) {
        return "unknown";
    }
    if (is_current) {
        return "expired";
    }
    return strcmp(stage, "pending") == 0 ? "pending" : "old";
}

static int print_answer(const struct invocation *invocation, const struct broker_answer *answer) {
    const json_t *accepted = json_object_get(answer->document, "accepted");
    bool is_accepted = json_is_true(accepted);
    const char *word = word_of(answer->document, is_accepted);

    if (word == NULL || !json_is_boolean(accepted)) {
        return broker_answer_misunderstood("'accepted' and 'stage' do not fit");
    }
    if (invocation->json) {
        command_print_json(answer);
    } else {
        output_text("%s\n", word);
    }
    return is_accepted ? GK_EXIT_DONE : GK_EXIT_FAILED;
}

static int run(const struct invocation *invocation) {
    const char *name = invocation->arguments[0];
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    json_auto_t *body = json_object();
    const struct broker_request request = {
            .method = "POST", .route = GK_ROUTE_VERIFY, .name = name, .body = body};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = secret_name_check(name);

    if (error != 0) {
        return error;
    }
    error = value_source_read_input(name, &value);
    if (error != 0) {
        return error;
    }
    value_set_member(body, &value);
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_ask(broker, &request, &answer);
    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    return print_answer(invocation, &answer);
}

const struct command cmd_verify = {
        .name = "verify",
        .args = "NAME",
        .summary = "Say whether a service should accept a value.",
        .help = "The value comes from standard input, less one newline at its end; on a\n"
                "terminal ghostctl asks for it, without echo. Exit status 0: accepted, and the\n"
                "word is 'current' or, within the grace after a change, 'previous'. Exit status\n"
                "1: not accepted, and the word is 'expired', 'pending', 'old' (kept, but not\n"
                "accepted any more) or 'unknown'.",
        .example = "ghostctl get db_pass | ghostctl verify db_pass",
        .takes_value = true,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

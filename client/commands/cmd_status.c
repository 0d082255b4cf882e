/* ghostctl status: how the daemon is. */
#include "command.h"

#include <string.h>

#include <ghostkey/error.h>

#include "commands/clock_view.h"
#include "terminal/output.h"

/* What the state is kept in. */
static void print_journal(const json_t *journal) {
    const char *at = json_string_value(json_object_get(journal, "rewritten_at"));

    output_shown("journal: %lld bytes, %s%s",
            (long long)json_integer_value(json_object_get(journal, "bytes")),
            at != NULL ? "written anew at " : "never written anew", at != NULL ? at : "");
}

static void print_status(const json_t *status) {
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)status, key, value) { /* the macro lacks a const */
        if (strcmp(key, "journal") == 0) {
            print_journal(value);
        } else if (json_is_string(value)) {
            output_shown("%s: %s", key, json_string_value(value));
        } else if (json_is_integer(value)) {
            output_shown("%s: %lld", key, (long long)json_integer_value(value));
        }
    }
}

/* The daemon's clock of mode 'system' may be ahead of the machine's. */
static int print_clock_ahead(struct broker_client *broker, const json_t *status) {
    const char *clock = json_string_value(json_object_get(status, "clock"));
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (clock == NULL || strcmp(clock, "system") != 0) {
        return GK_EXIT_DONE;
    }
    error = broker_clock(broker, &answer);
    if (error != 0) {
        return error;
    }
    clock_view_ahead(answer.document);
    return 0;
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    error = broker_status(broker, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    print_status(answer.document);
    return print_clock_ahead(broker, answer.document);
}

const struct command cmd_status = {
        .name = "status",
        .args = "",
        .summary = "Show the state of the daemon.",
        .example = "ghostctl status",
        .arguments_max = 0,
        .run = run,
};

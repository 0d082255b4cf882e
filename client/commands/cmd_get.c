/* ghostctl get: the value of a secret. */
#include "command.h"

#include <string.h>

#include <ghostkey/error.h>

#include "commands/secret_suggest.h"
#include "common/base64.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "wire/secret_view.h"

static const struct option_spec options[] = {
        {"no-newline", 'n', OPTION_TAKES_NOTHING, NULL, "no newline after the value"},
        {"version", '\0', OPTION_TAKES_VALUE, "N", "an older version that is still kept"},
        {NULL},
};

static int print_value(const struct secret_view *view, bool newline) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

    if (view->text == NULL) {
        return broker_answer_misunderstood("no value");
    }
    if (!view->is_binary) {
        output_data(view->text, view->text_len);
    } else if (base64_decode((struct span){view->text, view->text_len}, &bytes) == 0) {
        output_data(buffer_string(&bytes), bytes.len);
    } else {
        return broker_answer_misunderstood("a binary value that is not base64");
    }
    if (newline) {
        output_data("\n", 1);
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    const char *name = invocation->arguments[0];
    const char *version = option_value(invocation->options, "version");
    struct secret_view view;
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = secret_name_check(name);

    if (error != 0) {
        return error;
    }
    if (version != NULL &&
            (version[0] == '\0' || strspn(version, "0123456789") != strlen(version))) {
        return command_usage(invocation->command, "'--version %s' is no version", version);
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_get(broker, name, version, &answer);
    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    error = secret_view_read(answer.document, &view);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
    } else {
        error = print_value(&view, !option_is_given(invocation->options, "no-newline"));
    }
    if (error != 0) {
        return error;
    }
    if (view.is_expired) {
        output_warning("'%s' is expired (%s)", name, view.expires_at);
        return GK_EXIT_EXPIRED;
    }
    return 0;
}

const struct command cmd_get = {
        .name = "get",
        .args = "NAME",
        .summary = "Print the value of a secret.",
        .help = "If the secret is expired, prints the value and a warning, and exits with status\n"
                "3. For a binary value use -n, since the newline would be one byte too many.",
        .example = "export PGPASSWORD=\"$(ghostctl get db_pass)\"",
        .options = options,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

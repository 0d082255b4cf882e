/* ghostctl get: the values of secrets. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/secret_suggest.h"
#include "common/base64.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "wire/secret_view.h"

static const struct option_spec options[] = {
        {"no-newline", 'n', OPTION_TAKES_NOTHING, NULL, "no newline after the value"},
        {"version", '\0', OPTION_TAKES_VALUE, "N", "an older version that is still kept"},
        {"stage", '\0', OPTION_TAKES_VALUE, "S", "current, previous or pending"},
        {NULL},
};

/* What the command was asked for, and the connection. */
struct getting {
    const struct invocation *invocation;
    struct broker_client *broker;
    const char *parameter; /* "version", "stage" or NULL */
    const char *value;     /* its value */
};

static int print_value(const struct secret_view *view, bool has_newline) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

    if (!view->is_binary) {
        output_data(view->text, view->text_len);
    } else if (base64_decode((struct span){view->text, view->text_len}, &bytes) == 0) {
        output_data(buffer_string(&bytes), bytes.len);
    } else {
        return broker_answer_misunderstood("a binary value that is not base64");
    }
    if (has_newline) {
        output_data("\n", 1);
    }
    return GK_EXIT_DONE;
}

/* Prints NAME, a tab and the value. A value that would break the line or its columns fails. */
static int print_line(const struct secret_view *view) {
    if (view->is_binary || memchr(view->text, '\n', view->text_len) != NULL ||
            memchr(view->text, '\t', view->text_len) != NULL) {
        output_error("the value of '%s' %s: with several NAMEs use --json", view->name,
                view->is_binary ? "is binary" : "has a newline or a tab");
        return GK_EXIT_FAILED;
    }
    output_text("%s\t", view->name);
    return print_value(view, true);
}

static int print_answer(const struct getting *getting, const struct broker_answer *answer,
        const struct secret_view *view) {
    const struct invocation *invocation = getting->invocation;

    if (view->text == NULL) {
        return broker_answer_misunderstood("no value");
    }
    if (invocation->json) {
        command_print_json(answer);
        return GK_EXIT_DONE;
    }
    if (invocation->argument_count > 1) {
        return print_line(view);
    }
    return print_value(view, !option_is_given(invocation->options, "no-newline"));
}

static int get(void *userdata, const char *name) {
    const struct getting *getting = userdata;
    struct secret_view view;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_get(getting->broker, name, getting->parameter, getting->value, &answer);

    if (error != 0) {
        return secret_suggest_after(error, getting->broker, name);
    }
    error = secret_view_read(answer.document, &view);
    if (error != 0) {
        return error;
    }
    error = print_answer(getting, &answer, &view);
    if (error != 0) {
        return error;
    }
    if (view.is_expired) {
        output_warning("'%s' is expired (%s)", name,
                view.expires_at != NULL ? view.expires_at : "the daemon does not say since when");
        return GK_EXIT_EXPIRED;
    }
    return GK_EXIT_DONE;
}

static bool is_stage(const char *word) {
    return strcmp(word, "current") == 0 || strcmp(word, "previous") == 0 ||
           strcmp(word, "pending") == 0;
}

static int read_options(const struct invocation *invocation, struct getting *getting) {
    const char *version = option_value(invocation->options, "version");
    const char *stage = option_value(invocation->options, "stage");

    if (version != NULL && stage != NULL) {
        return command_usage(invocation->command, "--version and --stage contradict each other");
    }
    if (stage != NULL && !is_stage(stage)) {
        return command_usage(
                invocation->command, "'--stage %s' is not current, previous or pending", stage);
    }
    if (invocation->argument_count > 1 && option_is_given(invocation->options, "no-newline")) {
        return command_usage(invocation->command, "--no-newline takes only one NAME");
    }
    getting->parameter = version != NULL ? "version" : stage != NULL ? "stage" : NULL;
    getting->value = version != NULL ? version : stage;
    return secret_name_check_all(invocation->arguments, invocation->argument_count);
}

static int run(const struct invocation *invocation) {
    struct getting getting = {.invocation = invocation};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = read_options(invocation, &getting);

    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    getting.broker = broker;
    return command_each(invocation, get, &getting);
}

const struct command cmd_get = {
        .name = "get",
        .args = "NAME...",
        .summary = "Print the values of secrets.",
        .help = "With several NAMEs each line has NAME, a tab and the value; a value that is\n"
                "binary or has a newline or a tab needs --json. If a secret is expired, prints\n"
                "the value and a warning, and exits with status 3. For a binary value use -n,\n"
                "since the newline would be one byte too many.",
        .example = "export PGPASSWORD=\"$(ghostctl get db_pass)\"",
        .options = options,
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

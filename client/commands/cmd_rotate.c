/* ghostctl rotate: new values. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/name_choice.h"
#include "commands/rotate_with.h"
#include "commands/secret_suggest.h"
#include "commands/typed.h"
#include "env/env_export.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/table.h"
#include "wire/secret_view.h"

#define STRATEGY_NONE "none"

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "all names that begin with P"},
        {"pending", '\0', OPTION_TAKES_NOTHING, NULL, "make the new version, but not current"},
        {"with", '\0', OPTION_TAKES_VALUE, "COMMAND", "current only if COMMAND succeeds"},
        {"dry-run", '\0', OPTION_TAKES_NOTHING, NULL, "say which, and rotate none"},
        {"print", '\0', OPTION_TAKES_NOTHING, NULL, "print the new values too"},
        {"export", '\0', OPTION_MAY_TAKE_VALUE, "FILE",
                "then write the env file; default " GK_ENV_FILE},
        {NULL},
};

static const char *const headings[] = {"NAME", "VERSION", "VALUE"};
#define COLUMNS_DRY 1
#define COLUMNS_BY_DEFAULT 2
#define COLUMNS_WITH_VALUE 3

/* What is rotated, and the results. */
struct rotation {
    const struct invocation *invocation;
    struct broker_client *broker;
    struct table table;
    struct env_export export;
    const char *command; /* of --with; NULL: none */
    bool pending;
    bool dry_run;
    size_t columns;
};

static void rotation_deinit(struct rotation *rotation) {
    table_deinit(&rotation->table);
    rotation->broker = broker_client_close(rotation->broker);
}

/* Whether it could be rotated, as far as its metadata show it. */
static int look_at_one(struct rotation *rotation, const char *name) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    struct secret_view view;
    int error = broker_describe(rotation->broker, name, &answer);

    if (error != 0) {
        return secret_suggest_after(error, rotation->broker, name);
    }
    error = secret_view_read(answer.document, &view);
    if (error != 0) {
        return error;
    }
    if (json_object_get(view.metadata, "deleted_at") != NULL) {
        output_error("'%s' is deleted; 'ghostctl restore' brings it back", name);
        return GK_EXIT_FAILED;
    }
    if (strcmp(view.strategy, STRATEGY_NONE) == 0) {
        output_error("'%s' cannot be rotated: its strategy is '%s'; " TYPED_STRATEGY_ADVICE, name,
                STRATEGY_NONE);
        return GK_EXIT_FAILED;
    }
    if (rotation->pending && secret_version_of_stage(answer.document, "pending") != 0) {
        output_error("'%s' has a pending version already", name);
        return GK_EXIT_FAILED;
    }
    if (rotation->invocation->json) {
        command_print_json(&answer);
    } else {
        table_add(&rotation->table, view.name);
    }
    return GK_EXIT_DONE;
}

/* Adds the row for a new version. */
static int take_version(struct rotation *rotation, const json_t *document) {
    BUFFER_AUTO struct buffer version = BUFFER_NULL;
    struct secret_view view;
    int error = secret_view_read(document, &view);

    if (error != 0) {
        return error;
    }
    buffer_printf(&version, "%lld", (long long)view.version);
    table_add(&rotation->table, view.name);
    table_add(&rotation->table, buffer_string(&version));
    if (rotation->columns == COLUMNS_WITH_VALUE) {
        table_add_value(&rotation->table, view.text != NULL ? view.text : "");
    }
    return GK_EXIT_DONE;
}

static int rotate_one(struct rotation *rotation, const char *name) {
    BROKER_ANSWER_AUTO struct broker_answer made = {0};
    BROKER_ANSWER_AUTO struct broker_answer promoted = {0};
    int error;

    if (rotation->command != NULL) {
        error = rotate_with(
                rotation->invocation, &rotation->broker, rotation->command, &made, &promoted);
    } else {
        error = broker_rotate(rotation->broker, name, rotation->pending, &made);
        error = secret_suggest_after(error, rotation->broker, name);
    }
    if (error != 0) {
        return error;
    }
    if (rotation->invocation->json) {
        command_print_json(promoted.document != NULL ? &promoted : &made);
        return GK_EXIT_DONE;
    }
    return take_version(rotation, made.document);
}

static int rotate_next(void *userdata, const char *name) {
    struct rotation *rotation = userdata;

    return rotation->dry_run ? look_at_one(rotation, name) : rotate_one(rotation, name);
}

/* Goes on with the next name if one fails; the first failure counts. */
static int rotate_prefix(struct rotation *rotation, const char *prefix) {
    const struct name_choice choice = {.prefix = prefix};
    BUFFER_AUTO struct buffer names = BUFFER_NULL;
    int error = name_choice_find(&choice, rotation->broker, STRATEGY_NONE, &names);

    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1) {
        int failure = rotate_next(rotation, names.data + at);

        error = error != 0 ? error : failure;
    }
    return error;
}

static int rotate_all(struct rotation *rotation, const char *prefix) {
    const struct invocation *invocation = rotation->invocation;
    int export_error = 0;
    int error;

    table_init(&rotation->table, headings, rotation->columns);
    error = prefix != NULL ? rotate_prefix(rotation, prefix)
                           : command_each(invocation, rotate_next, rotation);
    if (rotation->table.cell_count > 0) {
        table_print(&rotation->table, output_is_terminal(), output_is_coloured(), output_columns());
    }
    if (option_is_given(invocation->options, "export") && rotation->broker != NULL) {
        export_error = env_export_run(rotation->broker, &rotation->export);
    }
    return error != 0 ? error : export_error;
}

static int check_options(const struct invocation *invocation) {
    const struct option_list *given = invocation->options;
    const char *file = option_value(given, "export");
    const char *with = option_value(given, "with");
    bool dry_run = option_is_given(given, "dry-run");

    if (option_is_given(given, "prefix") == (invocation->argument_count > 0)) {
        return command_usage(invocation->command, "give either names or --prefix");
    }
    if (file != NULL && file[0] == '\0') {
        return command_usage(invocation->command, "--export is given the empty name of no file");
    }
    if (with != NULL && with[0] == '\0') {
        return command_usage(invocation->command, "--with is given an empty COMMAND");
    }
    if (with != NULL && (invocation->argument_count != 1 || option_is_given(given, "pending"))) {
        return command_usage(
                invocation->command, "--with goes with one NAME and without --pending");
    }
    if (dry_run &&
            (with != NULL || option_is_given(given, "print") || option_is_given(given, "export"))) {
        return command_usage(
                invocation->command, "--dry-run contradicts --with, --print and --export");
    }
    return secret_name_check_all(invocation->arguments, invocation->argument_count);
}

static int run(const struct invocation *invocation) {
    const struct option_list *given = invocation->options;
    GK_CLEANUP(rotation_deinit)
    struct rotation rotation = {
            .invocation = invocation,
            .export = {.format = {.format = &env_format_portable}},
            .command = option_value(given, "with"),
            .pending = option_is_given(given, "pending"),
            .dry_run = option_is_given(given, "dry-run"),
    };
    int error = check_options(invocation);

    if (error != 0) {
        return error;
    }
    rotation.columns = rotation.dry_run                  ? COLUMNS_DRY
                       : option_is_given(given, "print") ? COLUMNS_WITH_VALUE
                                                         : COLUMNS_BY_DEFAULT;
    error = env_export_aim(&rotation.export, option_value(given, "export"));
    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &rotation.broker);
    return error != 0 ? error : rotate_all(&rotation, option_value(given, "prefix"));
}

const struct command cmd_rotate = {
        .name = "rotate",
        .args = "NAME...",
        .summary = "Give secrets new values by their policies.",
        .help = "If one fails, the others are still rotated; the exit status is that of the first\n"
                "that failed. --prefix leaves out secrets whose strategy is 'none'. --export then\n"
                "writes the env file of all secrets, as 'ghostctl export' does.\n\n"
                "--with makes a pending version and runs COMMAND by the shell, with GHOSTKEY_NAME\n"
                "and GHOSTKEY_VERSION, and both values as JSON on its standard input: "
                "{\"name\":…,\n"
                "\"current\":{\"version\":…,\"value\":…},\"pending\":{…}}. If COMMAND succeeds, "
                "that\n"
                "version becomes current; if not, it is discarded, nothing has changed, and the\n"
                "exit status is COMMAND's. So a password changes in a database and in the broker\n"
                "together.",
        .example = "ghostctl rotate db_pass --with ./alter-role.sh",
        .options = options,
        .arguments_min = 0,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

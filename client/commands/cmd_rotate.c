/* ghostctl rotate: new values. */
#include "command.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "commands/secret_suggest.h"
#include "env/env_export.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/table.h"
#include "wire/secret_list.h"

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "all names that begin with P"},
        {"print", '\0', OPTION_TAKES_NOTHING, NULL, "print the new values too"},
        {"export", '\0', OPTION_MAY_TAKE_VALUE, "FILE",
                "then write the env file; default " GK_ENV_FILE},
        {NULL},
};

static const char *const headings[] = {"NAME", "VERSION", "VALUE"};

/* What is rotated, and the results. */
struct rotation {
    const struct invocation *invocation;
    struct broker_client *broker;
    struct table table;
    struct env_export export;
    bool print;
    int first_failure;
};

static void rotation_deinit(struct rotation *rotation) {
    table_deinit(&rotation->table);
}

static int rotate_one(struct rotation *rotation, const char *name) {
    struct secret_view view;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    BUFFER_AUTO struct buffer version = BUFFER_NULL;
    int error = broker_rotate(rotation->broker, name, &answer);

    if (error != 0) {
        return secret_suggest_after(error, rotation->broker, name);
    }
    error = secret_view_read(answer.document, &view);
    if (error != 0) {
        return error;
    }
    if (rotation->invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    buffer_printf(&version, "%lld", (long long)view.version);
    table_add(&rotation->table, view.name);
    table_add(&rotation->table, buffer_string(&version));
    if (rotation->print) {
        table_add_value(&rotation->table, view.text != NULL ? view.text : "");
    }
    return GK_EXIT_DONE;
}

/* Goes on with the next name if one fails; the first failure counts. */
static void rotate_next(struct rotation *rotation, const char *name) {
    int error = rotate_one(rotation, name);

    if (rotation->first_failure == 0) {
        rotation->first_failure = error;
    }
}

static bool begin_names(void *userdata) {
    buffer_clear(userdata);
    return true;
}

/* A NUL follows each name. */
static int take_names(void *userdata, const struct secret_list_page *page) {
    for (size_t i = 0; i < page->count; i++) {
        buffer_append(userdata, page->views[i].name, strlen(page->views[i].name) + 1);
    }
    return GK_EXIT_DONE;
}

static int rotate_prefix(struct rotation *rotation, const char *prefix) {
    const struct secret_query query = {.prefix = prefix, .expired = "include"};
    BUFFER_AUTO struct buffer names = BUFFER_NULL;
    const struct secret_list_reader reader = {
            .begin = begin_names, .take = take_names, .userdata = &names};
    int error = secret_list_read(rotation->broker, &query, &reader);

    if (error != 0) {
        return error;
    }
    if (names.len == 0) {
        output_error("no secret's name begins with '%s'", prefix);
        return GK_EXIT_NOT_FOUND;
    }
    for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1) {
        rotate_next(rotation, names.data + at);
    }
    return GK_EXIT_DONE;
}

static int rotate_all(struct rotation *rotation, const char *prefix) {
    const struct invocation *invocation = rotation->invocation;
    int error = 0;

    table_init(&rotation->table, headings, rotation->print ? 3 : 2);
    if (prefix != NULL) {
        error = rotate_prefix(rotation, prefix);
        if (error != 0) {
            return error;
        }
    }
    for (size_t i = 0; i < invocation->argument_count; i++) {
        rotate_next(rotation, invocation->arguments[i]);
    }
    if (rotation->table.cell_count > 0) {
        table_print(&rotation->table, output_is_terminal(), output_is_coloured(), output_columns());
    }
    if (option_is_given(invocation->options, "export")) {
        error = env_export_run(rotation->broker, &rotation->export);
    }
    return rotation->first_failure != 0 ? rotation->first_failure : error;
}

static int run(const struct invocation *invocation) {
    const char *prefix = option_value(invocation->options, "prefix");
    const char *file = option_value(invocation->options, "export");
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    GK_CLEANUP(rotation_deinit)
    struct rotation rotation = {
            .invocation = invocation,
            .export = {.format = {.format = &env_format_portable}},
            .print = option_is_given(invocation->options, "print"),
    };
    int error;

    if ((prefix != NULL) == (invocation->argument_count > 0)) {
        return command_usage(invocation->command, "give either names or --prefix");
    }
    if (file != NULL && file[0] == '\0') {
        return command_usage(invocation->command, "--export is given the empty name of no file");
    }
    error = env_export_aim(&rotation.export, file);
    if (error != 0) {
        return error;
    }
    error = secret_name_check_all(invocation->arguments, invocation->argument_count);
    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    rotation.broker = broker;
    return rotate_all(&rotation, prefix);
}

const struct command cmd_rotate = {
        .name = "rotate",
        .args = "NAME...",
        .summary = "Give secrets new values by their policies.",
        .help = "If one fails, the others are still rotated; the exit status is that of the first\n"
                "that failed. --export then writes the env file of all secrets, as 'ghostctl\n"
                "export' does.",
        .example = "ghostctl rotate db_pass --export",
        .options = options,
        .arguments_min = 0,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

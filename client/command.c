#include "command.h"

#include <assert.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include <ghostkey/error.h>

#include "commands/help.h"
#include "commands/typed.h"
#include "heap.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "terminal/suggest.h"

const struct command *const command_table[] = {
        &cmd_put,
        &cmd_get,
        &cmd_rotate,
        &cmd_list,
        &cmd_describe,
        &cmd_delete,
        &cmd_cleanup,
        &cmd_export,
        &cmd_import,
        &cmd_run,
        &cmd_events,
        &cmd_clock,
        &cmd_status,
        &cmd_completion,
        &cmd_help,
        NULL,
};

/* `version` stays first: it has no meaning after the command, where the table is used from 1 on. */
const struct option_spec command_global_options[] = {
        {"version", '\0', OPTION_TAKES_NOTHING, NULL, "print the version and exit"},
        {"help", 'h', OPTION_TAKES_NOTHING, NULL, "print help and exit"},
        {"json", '\0', OPTION_TAKES_NOTHING, NULL, "print the daemon's JSON, one document a line"},
        {"socket", '\0', OPTION_TAKES_VALUE, "PATH", "the daemon's Unix socket"},
        {"token-file", '\0', OPTION_TAKES_VALUE, "PATH", "the token for --url"},
        {"url", '\0', OPTION_TAKES_VALUE, "URL", "the daemon's URL, in place of a socket"},
        {NULL},
};

static const struct option_spec no_options[] = {{NULL}};

const struct command *command_find(const char *name) {
    const char *best = NULL;

    for (size_t i = 0; command_table[i] != NULL; i++) {
        if (strcmp(command_table[i]->name, name) == 0) {
            return command_table[i];
        }
        best = suggest_better(name, best, command_table[i]->name);
    }
    if (best != NULL) {
        output_error("unknown command '%s'; did you mean '%s'?", name, best);
    } else if (!option_is_short_word(name)) {
        output_error("that is no command; 'ghostctl --help' lists the commands");
    } else {
        output_error("unknown command '%s'; 'ghostctl --help' lists the commands", name);
    }
    return NULL;
}

int command_usage(const struct command *command, const char *format, ...) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    output_error("%s; 'ghostctl help %s' tells more", buffer_string(&text), command->name);
    return GK_EXIT_USAGE;
}

int command_target(const struct invocation *invocation, struct target *ret_target) {
    const struct target_choice choice = {
            .socket = option_value(invocation->options, "socket"),
            .url = option_value(invocation->options, "url"),
            .token_file = option_value(invocation->options, "token-file"),
    };

    return target_resolve(&choice, ret_target);
}

static void append_typed(const void *invocation, const char *detail, struct buffer *shown) {
    typed_append(invocation, detail, shown);
}

int command_connect(const struct invocation *invocation, struct broker_client **ret_broker) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    int rc = command_target(invocation, &target);

    broker_set_wording(append_typed, invocation);
    return rc != GK_EXIT_DONE ? rc : broker_client_open(&target, ret_broker);
}

void command_print_json(const struct broker_answer *answer) {
    output_json(answer->body.data, answer->body.len);
    output_data("\n", 1);
}

/* The command line after the command's name. */
static int run_command(
        const struct command *command, struct option_list *options, int argc, char **argv) {
    const struct option_spec *tables[OPTION_TABLES_MAX] = {
            command->options != NULL ? command->options : no_options,
            command_global_options + 1,
    };
    struct invocation invocation = {.command = command, .options = options};
    int rc;

    options->may_hold_value = command->takes_value;
    rc = option_list_read(options, tables, argc, argv, command->only_leading_options);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (option_is_given(options, "help")) {
        help_print_command(command);
        return GK_EXIT_DONE;
    }
    invocation.arguments = options->arguments;
    invocation.argument_count = options->argument_count;
    invocation.json = option_is_given(options, "json");
    if (options->argument_count < (size_t)command->arguments_min) {
        return command_usage(command, "usage: ghostctl %s %s", command->name, command->args);
    }
    if (command->arguments_max != COMMAND_ARGUMENTS_ANY &&
            options->argument_count > (size_t)command->arguments_max) {
        return command_usage(command, "too many arguments for '%s'", command->name);
    }
    return command->run(&invocation);
}

static int run_line(int argc, char **argv) {
    const struct option_spec *tables[OPTION_TABLES_MAX] = {command_global_options};
    GK_CLEANUP(option_list_deinit) struct option_list leading = {0};
    GK_CLEANUP(option_list_deinit) struct option_list options = {0};
    const struct command *command;
    int rc = option_list_read(&leading, tables, argc - 1, argv + 1, true);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (option_is_given(&leading, "help")) {
        help_print_all();
        return GK_EXIT_DONE;
    }
    if (option_is_given(&leading, "version")) {
        output_text("ghostctl %s\n", GHOSTKEY_VERSION);
        return GK_EXIT_DONE;
    }
    if (leading.argument_count == 0) {
        output_error("no command; 'ghostctl --help' lists the commands");
        return GK_EXIT_USAGE;
    }
    command = command_find(leading.arguments[0]);
    if (command == NULL) {
        return GK_EXIT_USAGE;
    }
    /* What stood before the command counts as given to it. */
    options.given = gk_steal(&leading.given);
    options.given_count = leading.given_count;
    return run_command(command, &options, (int)leading.argument_count - 1, leading.arguments + 1);
}

/* A standard stream that was closed must not become the number of our socket or file. */
static void open_standard_streams(void) {
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    (void)gk_close(fd);
}

/* jansson wiped behind us, and with a hash seed the kernel already gave: its own costs three calls.
 */
static void prepare_json(void) {
    const void *random = (const void *)getauxval(AT_RANDOM); /* at any address */
    size_t seed = 0;

    json_set_alloc_funcs(malloc, heap_wipe_free);
    if (random != NULL) {
        memcpy(&seed, random, sizeof(seed));
        json_object_seed(seed | 1); /* 0 would mean: find one yourself */
    }
}

int command_main(int argc, char **argv) {
    open_standard_streams();
    signals_set_actions();
    buffer_out_of_memory = heap_exhausted;
    prepare_json();
    return output_finish(run_line(argc, argv));
}

#include "program.h"

#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>

#include <ghostkey/error.h>

#include "commands/option_check.h"
#include "commands/typed.h"
#include "heap.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_refusal.h"

#define VALUE_HINT \
    "a value that begins with '-' goes after '--', through standard input, or into a file that " \
    "is " \
    "given as @FILE"

const struct command *const program_commands[] = {
        &cmd_put,
        &cmd_update,
        &cmd_get,
        &cmd_rotate,
        &cmd_promote,
        &cmd_discard,
        &cmd_rollback,
        &cmd_verify,
        &cmd_list,
        &cmd_describe,
        &cmd_delete,
        &cmd_restore,
        &cmd_cleanup,
        &cmd_export,
        &cmd_fault,
        &cmd_import,
        &cmd_apply,
        &cmd_dump,
        &cmd_run,
        &cmd_watch,
        &cmd_sandbox,
        &cmd_drill,
        &cmd_env,
        &cmd_events,
        &cmd_readers,
        &cmd_requests,
        &cmd_clock,
        &cmd_status,
        &cmd_page,
        &cmd_reset,
        &cmd_completion,
        &cmd_help,
        NULL,
};

/* Checks the arguments of a command line that has been read, and runs its command. */
static int run_command(const struct invocation *invocation) {
    const struct command *command = invocation->command;
    int error;

    if (invocation->argument_count < (size_t)command->arguments_min) {
        return command_usage(command, "usage: ghostctl %s %s", command->name, command->args);
    }
    if (command->arguments_max != COMMAND_ARGUMENTS_ANY &&
            invocation->argument_count > (size_t)command->arguments_max) {
        return command_usage(command, "too many arguments for '%s'", command->name);
    }
    error = option_check(invocation);
    if (error != 0) {
        return error;
    }
    broker_set_wording(typed_append, invocation);
    return command->run(invocation);
}

/* Shows the help of the commands that are named, or the list of commands. */
static int run_help(char **names, size_t count) {
    const struct invocation invocation = {.command = &cmd_help,
            .commands = program_commands,
            .arguments = names,
            .argument_count = count};

    return cmd_help.run(&invocation);
}

/* Reads options; prints what is wrong with them. Returns an exit status. */
static int read_options(struct option_list *list, int count, char **words) {
    int error = option_list_read(list, count, words);

    if (error == -ENOMEM) {
        heap_exhausted();
    }
    if (error != 0) {
        output_error("%s", list->fault);
        return GK_EXIT_USAGE;
    }
    return GK_EXIT_DONE;
}

/* words[0] is the command's name. *leading has the options that stand before it. */
static int run_words(struct option_list *leading, int count, char **words) {
    const struct command *command = command_find(program_commands, words[0]);
    OPTION_LIST_AUTO struct option_list options = {0};
    struct invocation invocation = {
            .command = command, .commands = program_commands, .options = &options};
    int error;

    if (command == NULL) {
        return GK_EXIT_USAGE;
    }
    options.tables[0] = command->options;
    options.tables[1] = command_global_options + 1;
    options.only_leading = command->only_leading_options;
    options.hides_words = command->takes_value;
    options.value_hint = command->takes_value ? VALUE_HINT : NULL;
    options.given = gk_steal(&leading->given);
    options.given_count = leading->given_count;
    error = read_options(&options, count - 1, words + 1);
    if (error != 0) {
        return error;
    }
    if (option_is_given(&options, "help")) {
        return run_help(words, 1);
    }
    invocation.arguments = options.arguments;
    invocation.argument_count = options.argument_count;
    invocation.json = option_is_given(&options, "json");
    return run_command(&invocation);
}

static int run_line(int argc, char **argv) {
    OPTION_LIST_AUTO struct option_list leading = {
            .tables = {command_global_options}, .only_leading = true};
    int error = read_options(&leading, argc - 1, argv + 1);

    if (error != 0) {
        return error;
    }
    if (option_is_given(&leading, "help")) {
        return run_help(NULL, 0);
    }
    if (option_is_given(&leading, "version")) {
        output_text("ghostctl %s\n", GHOSTKEY_VERSION);
        return GK_EXIT_DONE;
    }
    if (leading.argument_count == 0) {
        (void)run_help(NULL, 0);
        return GK_EXIT_USAGE;
    }
    return run_words(&leading, (int)leading.argument_count, leading.arguments);
}

/* Else a socket or a file that is opened later could get the number of a closed standard stream. */
static void open_standard_streams(void) {
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    (void)gk_close(fd);
}

/*
 * Lets jansson wipe what it frees. Its hash seed comes from the kernel's AT_RANDOM: finding its own
 * would cost three system calls.
 */
static void prepare_json(void) {
    const void *random = (const void *)getauxval(AT_RANDOM); /* perhaps not aligned */
    size_t seed = 0;

    json_set_alloc_funcs(malloc, heap_wipe_free);
    if (random != NULL) {
        memcpy(&seed, random, sizeof(seed));
        json_object_seed(seed | 1); /* jansson finds a seed by itself for 0 */
    }
}

int program_main(int argc, char **argv) {
    open_standard_streams();
    signals_set_actions();
    buffer_out_of_memory = heap_exhausted;
    prepare_json();
    return output_finish(run_line(argc, argv));
}

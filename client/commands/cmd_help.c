/* ghostctl help: what the program, or one command, does. The texts are made from the tables. */
#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/help_topics.h"
#include "terminal/output.h"

#define HELP_COLUMN 28

/* "  -o, --file FILE        what it does" */
static void print_option(const struct option_spec *option) {
    BUFFER_AUTO struct buffer left = BUFFER_NULL;

    if (option->letter != '\0') {
        buffer_printf(&left, "-%c, ", option->letter);
    } else {
        buffer_append_text(&left, "    ");
    }
    buffer_printf(&left, "--%s", option->name);
    if (option->takes == OPTION_TAKES_VALUE) {
        buffer_printf(&left, " %s", option->value);
    } else if (option->takes == OPTION_MAY_TAKE_VALUE) {
        buffer_printf(&left, "[=%s]", option->value);
    }
    output_text("  %-*s %s\n", HELP_COLUMN, buffer_string(&left), option->help);
}

static void print_options(const struct option_spec *options) {
    for (const struct option_spec *option = options; option->name != NULL; option++) {
        print_option(option);
    }
}

static void print_all(const struct command *const *commands) {
    output_text("Usage: ghostctl [OPTION…] COMMAND …\n\n"
                "Talks to ghostkeyd, the local secrets broker emulator.\n\nCommands:\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        BUFFER_AUTO struct buffer left = BUFFER_NULL;

        buffer_printf(&left, "%s%s%s", commands[i]->name, commands[i]->args[0] != '\0' ? " " : "",
                commands[i]->args);
        output_text("  %-*s %s\n", HELP_COLUMN, buffer_string(&left), commands[i]->summary);
    }
    output_text("\nOptions, before the command or after it (--version only before):\n");
    print_options(command_global_options);
    output_text("\nVariables: %s (a path), %s, %s.\n"
                "The default socket is $%s/%s.\n"
                "'ghostctl help COMMAND' tells more about one command, and 'ghostctl help topics'\n"
                "lists what else can be looked up: formats, strategies, durations, exit-status, "
                "…\n",
            GK_VAR_SOCKET, TARGET_VAR_URL, TARGET_VAR_TOKEN_FILE, GK_VAR_RUNTIME_DIR,
            GK_SOCKET_SUBPATH);
}

static void print_command(const struct command *command) {
    output_text("Usage: ghostctl %s%s%s%s\n\n%s\n", command->name,
            command->options != NULL ? " [OPTION…]" : "", command->args[0] != '\0' ? " " : "",
            command->args, command->summary);
    if (command->help != NULL) {
        output_text("\n%s\n", command->help);
    }
    if (command->options != NULL) {
        output_text("\nOptions:\n");
        print_options(command->options);
    }
    output_text("\nOptions of every command:\n");
    print_options(command_global_options + 1);
    output_text("\nExample:\n  %s\n", command->example);
}

/* command_find() has said that the word is no command. It may be a mistyped topic. */
static void suggest_topic(const char *word) {
    const char *topic = help_topic_like(word);

    if (topic != NULL) {
        output_error("did you mean the topic '%s'?", topic);
    }
}

static int run(const struct invocation *invocation) {
    const struct command *command;

    if (invocation->argument_count == 0) {
        print_all(invocation->commands);
        return GK_EXIT_DONE;
    }
    if (help_topic_print(invocation->arguments[0])) {
        return GK_EXIT_DONE;
    }
    command = command_find(invocation->commands, invocation->arguments[0]);
    if (command == NULL) {
        suggest_topic(invocation->arguments[0]);
        return GK_EXIT_USAGE;
    }
    print_command(command);
    return GK_EXIT_DONE;
}

const struct command cmd_help = {
        .name = "help",
        .args = "[COMMAND|TOPIC]",
        .summary = "Print what ghostctl or one command does.",
        .help = "'ghostctl help topics' lists the topics: formats, strategies, durations, …",
        .example = "ghostctl help strategies",
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_COMMANDS,
        .run = run,
};

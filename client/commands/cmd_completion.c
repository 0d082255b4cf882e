/* ghostctl completion: a script for a shell. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/completion.h"
#include "terminal/output.h"

static const struct {
    const char *name;
    void (*write)(const struct command *const *commands, struct buffer *script);
} shells[] = {
        {"bash", completion_write_bash},
        {"zsh", completion_write_zsh},
        {"fish", completion_write_fish},
};

static const char *const kinds[] = {
        "names", "deleted", "prefixes", "labels", "label-names", "versions", "faults"};

/* words KIND [TEXT [GIVEN...]] */
static int print_words(const struct invocation *invocation) {
    char **arguments = invocation->arguments;
    size_t count = invocation->argument_count;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && count > 1; i++) {
        if (strcmp(kinds[i], arguments[1]) == 0) {
            return completion_print_words(invocation, kinds[i], count > 2 ? arguments[2] : "",
                    arguments + 3, count > 3 ? count - 3 : 0);
        }
    }
    return command_usage(invocation->command,
            "'completion words' takes names, deleted, prefixes, labels, label-names, versions "
            "or faults");
}

static int run(const struct invocation *invocation) {
    BUFFER_AUTO struct buffer script = BUFFER_NULL;

    if (strcmp(invocation->arguments[0], "words") == 0) {
        return print_words(invocation);
    }
    if (invocation->argument_count > 1) {
        return command_usage(invocation->command, "too many arguments for 'completion'");
    }
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(shells[i].name, invocation->arguments[0]) == 0) {
            shells[i].write(invocation->commands, &script);
            output_data(script.data, script.len);
            return GK_EXIT_DONE;
        }
    }
    return command_usage(invocation->command,
            "no completion for '%s'; the shells are bash, zsh and fish", invocation->arguments[0]);
}

const struct command cmd_completion = {
        .name = "completion",
        .args = "bash|zsh|fish",
        .summary = "Print a completion script for a shell.",
        .help = "It completes commands, options, their values and, asked of the daemon, names,\n"
                "prefixes, labels, versions and fault rules. An installed GhostKey has it where\n"
                "bash and fish look. bash: source <(ghostctl completion bash) in ~/.bashrc; zsh:\n"
                "the same in ~/.zshrc after compinit; fish: ghostctl completion fish | source.",
        .example = "source <(ghostctl completion bash)",
        .completes = COMMAND_COMPLETES_WORDS,
        .completion_words = "bash zsh fish",
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .run = run,
};

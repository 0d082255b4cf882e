/* ghostctl completion: a script for a shell. */
#include "command.h"

#include <string.h>

#include <ghostkey/error.h>

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

static int run(const struct invocation *invocation) {
    BUFFER_AUTO struct buffer script = BUFFER_NULL;

    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(shells[i].name, invocation->arguments[0]) == 0) {
            shells[i].write(invocation->commands, &script);
            output_data(script.data, script.len);
            return GK_EXIT_DONE;
        }
    }
    return command_usage(invocation->command, "no completion for '%s'; there is bash, zsh, fish",
            invocation->arguments[0]);
}

const struct command cmd_completion = {
        .name = "completion",
        .args = "bash|zsh|fish",
        .summary = "Print a completion script for a shell.",
        .help = "It completes commands, options and, asked of the daemon, names of secrets.\n"
                "bash: source <(ghostctl completion bash) in ~/.bashrc; zsh: the same in\n"
                "~/.zshrc after compinit; fish: ghostctl completion fish | source.",
        .example = "ghostctl completion bash > ~/.local/share/bash-completion/completions/ghostctl",
        .completes = COMMAND_COMPLETES_WORDS,
        .completion_words = "bash zsh fish",
        .arguments_min = 1,
        .arguments_max = 1,
        .run = run,
};

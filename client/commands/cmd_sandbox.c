/* ghostctl sandbox: a command with a private broker for as long as it runs. */
#include "command.h"

#include <poll.h>
#include <stdlib.h>

#include <ghostkey/error.h>

#include "commands/sandbox_options.h"
#include "terminal/child.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define SHELL_DEFAULT "/bin/sh"

static const struct option_spec options[] = {SANDBOX_OPTIONS, {NULL}};

/* Runs the command as a job, and returns its exit status. */
static int run_command(struct sandbox *sandbox, char *const *arguments, struct child *child) {
    struct pollfd news[] = {{.events = POLLIN}, {.events = POLLIN}};
    GK_AUTO_CLOSE int signal_fd = -1;
    int error;

    child_init(child);
    signal_fd = signals_open_passed();
    if (signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    error = child_start(child, arguments, sandbox_environment(sandbox));
    if (error != 0) {
        return error;
    }
    news[0].fd = signal_fd;
    news[1].fd = sandbox_broker_fd(sandbox);
    while (child->is_running) {
        (void)poll(news, 2, -1); /* it is interrupted by nothing: the signals are blocked */
        if (news[1].revents != 0) {
            output_warning("ghostkeyd has ended; '%s' runs on without it", arguments[0]);
            (void)sandbox_refuse(sandbox); /* else who connects would wait for an answer */
            news[1].fd = -1;
        }
        child_take_signals(child, signal_fd);
    }
    return child->status;
}

static int run(const struct invocation *invocation) {
    const char *shell = getenv("SHELL");
    char *const shell_alone[] = {
            (char *)(shell != NULL && shell[0] != '\0' ? shell : SHELL_DEFAULT), NULL};
    SANDBOX_AUTO struct sandbox *sandbox = NULL;
    struct sandbox_plan plan;
    struct child child = {0};
    int status = sandbox_options_read(invocation, &plan);

    if (status != 0) {
        return status;
    }
    status = sandbox_start(&plan, &sandbox);
    if (status != 0) {
        return status;
    }
    status = run_command(
            sandbox, invocation->argument_count > 0 ? invocation->arguments : shell_alone, &child);
    child_deinit(&child);
    sandbox = sandbox_end(sandbox);
    if (child.key != 0) {
        /* A shell ends its script, too, if its command died of the signal of a key. */
        signals_die(child.key, child.had_terminal);
    }
    return status;
}

const struct command cmd_sandbox = {
        .name = "sandbox",
        .args = "[-- COMMAND...]",
        .summary = "Run a command with a private broker.",
        .help = "Starts a daemon of its own, runs COMMAND (default: $SHELL) with the variables\n"
                "that 'ghostctl env' prints, and takes everything away when it ends. The exit\n"
                "status is COMMAND's. A new state has the seed 'sandbox' and a clock that stands\n"
                "still, so each run gets the same values. Any number can run at once.",
        .example = "ghostctl sandbox --import .env -- npm test",
        .options = options,
        .only_leading_options = true,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_PROGRAMS,
        .run = run,
};

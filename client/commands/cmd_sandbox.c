/* ghostctl sandbox: a command with a private broker for as long as it runs. */
#include "command.h"

#include <stdlib.h>

#include <ghostkey/error.h>

#include "commands/sandbox_options.h"
#include "terminal/child.h"
#include "terminal/output.h"

#define SHELL_DEFAULT "/bin/sh"

static const struct option_spec options[] = {SANDBOX_OPTIONS, {NULL}};

struct broker_end {
    struct sandbox *sandbox;
    const char *command;
};

/* ghostkeyd has ended by itself. */
static void take_broker_end(void *userdata) {
    const struct broker_end *end = userdata;
    /* if it did not start, sandbox_await() tells of that */
    bool has_served = sandbox_await(end->sandbox) == GK_EXIT_DONE;

    output_warning(
            "%s'%s' runs on without it", has_served ? "ghostkeyd has ended; " : "", end->command);
    (void)sandbox_refuse(end->sandbox); /* else who connects would wait for an answer */
}

static int run(const struct invocation *invocation) {
    const char *shell = getenv("SHELL");
    char *const shell_alone[] = {
            (char *)(shell != NULL && shell[0] != '\0' ? shell : SHELL_DEFAULT), NULL};
    SANDBOX_AUTO struct sandbox *sandbox = NULL;
    struct sandbox_plan plan;
    struct child child = {0};
    struct broker_end end;
    char *const *arguments;
    int status = sandbox_options_read(invocation, &plan);

    if (status != 0) {
        return status;
    }
    status = sandbox_start(&plan, &sandbox);
    if (status != 0) {
        return status;
    }
    arguments = invocation->argument_count > 0 ? invocation->arguments : shell_alone;
    end = (struct broker_end){.sandbox = sandbox, .command = arguments[0]};
    status = child_run(&child, arguments, sandbox_environment(sandbox),
            &(struct child_news){
                    .fd = sandbox_broker_fd(sandbox), .take = take_broker_end, .userdata = &end});
    sandbox = sandbox_end(sandbox);
    child_die_alike(&child);
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

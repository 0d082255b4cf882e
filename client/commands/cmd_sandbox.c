/* ghostctl sandbox: runs a command with a broker that lasts as long as the command. */
#include <stdlib.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/sandbox_options.h"
#include "terminal/child.h"
#include "terminal/output.h"

#define SHELL_DEFAULT "/bin/sh"

static const struct option_spec options[] = {SANDBOX_OPTIONS, {NULL}};

struct broker_watch {
    struct sandbox *sandbox;
    const char *command;
};

/* Looks after the broker. Once it has ended by itself, connections are refused. */
static void take_news(struct child_news *news) {
    const struct broker_watch *watch = news->userdata;
    enum broker_state state = sandbox_look(watch->sandbox);

    sandbox_get_fds(watch->sandbox, news->fds);
    if (state == BROKER_STARTING || state == BROKER_SERVING) {
        return;
    }
    (void)sandbox_refuse(watch->sandbox); /* if not, clients would wait for an answer */
    output_warning(state == BROKER_ENDED ? "ghostkeyd has ended; '%s' runs on without it"
                                         : "'%s' runs on without ghostkeyd",
            watch->command);
    for (size_t i = 0; i < CHILD_NEWS_FDS; i++) {
        news->fds[i] = -1;
    }
}

static int run(const struct invocation *invocation) {
    const char *shell = getenv("SHELL");
    char *const shell_alone[] = {
            (char *)(shell != NULL && shell[0] != '\0' ? shell : SHELL_DEFAULT), NULL};
    SANDBOX_AUTO struct sandbox *sandbox = NULL;
    struct sandbox_plan plan;
    struct child child = {0};
    struct broker_watch watch;
    struct child_news news = {.take = take_news, .userdata = &watch};
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
    watch = (struct broker_watch){.sandbox = sandbox, .command = arguments[0]};
    sandbox_get_fds(sandbox, news.fds);
    status = child_run(&child, arguments, sandbox_environment(sandbox), &news);
    (void)sandbox_look(sandbox);    /* if it has not started, that is said */
    sandbox = sandbox_end(sandbox); /* child_die_alike() may not return */
    child_die_alike(&child);
    return status;
}

const struct command cmd_sandbox = {
        .name = "sandbox",
        .args = "[-- COMMAND...]",
        .summary = "Run a command with a private broker.",
        .help = "Starts a daemon of its own, runs COMMAND (default: $SHELL) with the variables\n"
                "that 'ghostctl env' prints, and then removes all but the FILE of --store. The\n"
                "exit status is COMMAND's. A new state has the seed 'sandbox' and a clock that\n"
                "stands still, so each run gets the same values. Any number can run at once.",
        .example = "ghostctl sandbox --import .env -- npm test",
        .options = options,
        .only_leading_options = true,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_PROGRAMS,
        .run = run,
};

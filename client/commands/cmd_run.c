/* ghostctl run: a command with the secrets in its environment, and nothing on disk. */
#include <signal.h>
#include <string.h>
#include <strings.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/run_watch.h"
#include "env/env_block.h"
#include "terminal/child.h"

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only secrets whose names begin with P"},
        {"watch", 'w', OPTION_TAKES_NOTHING, NULL, "restart it when the secrets change"},
        {"signal", '\0', OPTION_TAKES_VALUE, "SIG",
                "with --watch: send it SIG, such as HUP, instead"},
        {NULL},
};

/* `HUP`, `SIGHUP`, `hup` or a number; 0 if it is no signal. */
static int signal_number(const char *name) {
    size_t digits = strspn(name, "0123456789");

    if (digits > 0 && digits < 3 && name[digits] == '\0') {
        int number = (int)strtol(name, NULL, 10);

        return sigabbrev_np(number) != NULL ? number : 0;
    }
    name += strncasecmp(name, "SIG", 3) == 0 ? 3 : 0;
    for (int number = 1; number < NSIG; number++) {
        const char *known = sigabbrev_np(number);

        if (known != NULL && strcasecmp(known, name) == 0) {
            return number;
        }
    }
    return 0;
}

static int run(const struct invocation *invocation) {
    const char *signal_name = option_value(invocation->options, "signal");
    GK_CLEANUP(target_deinit) struct target target = {0};
    GK_CLEANUP(env_block_deinit) struct env_block block = {0};
    bool watch = option_is_given(invocation->options, "watch");
    struct run_plan plan = {
            .target = &target,
            .prefix = option_value(invocation->options, "prefix"),
            .arguments = invocation->arguments,
            .notify = signal_name != NULL ? signal_number(signal_name) : 0,
    };
    int error;

    if (signal_name != NULL && plan.notify == 0) {
        return command_usage(invocation->command,
                "'--signal %s' is not accepted; give a name such as HUP or USR1, or its number",
                signal_name);
    }
    if (signal_name != NULL && !watch) {
        return command_usage(invocation->command, "--signal goes with --watch");
    }
    error = command_target(invocation, &target);
    if (error != 0) {
        return error;
    }
    if (watch) {
        return run_watch(&plan);
    }
    error = env_block_fetch(&target, plan.prefix, &block);
    if (error != 0) {
        return error;
    }
    return child_become(invocation->arguments, block.strings);
}

const struct command cmd_run = {
        .name = "run",
        .args = "-- COMMAND...",
        .summary = "Run a command with the secrets as variables.",
        .help = "Nothing is written to disk. A secret replaces a variable of its name. The\n"
                "command replaces the process of ghostctl. With --watch ghostctl stays as its\n"
                "parent: when the secrets change, it ends the command with its whole process\n"
                "group (TERM, 5 s later KILL) and starts it again. If the command exits by\n"
                "itself, ghostctl exits with its status, 128 + N for signal N; if the terminal\n"
                "goes away, both end. Exit status 127: no such command; 126: it cannot be run.",
        .example = "ghostctl run --prefix app/ --watch -- npm start",
        .options = options,
        .only_leading_options = true,
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_PROGRAMS,
        .run = run,
};

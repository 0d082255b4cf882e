/* ghostctl drill: does to an app what production will, and reports how it took it. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/duration_option.h"
#include "commands/sandbox_options.h"
#include "drill/drill.h"
#include "secret_name.h"
#include "terminal/input.h"

#define WAIT_DEFAULT_S 10
#define MS_PER_S 1000

static const struct option_spec options[] = {SANDBOX_OPTIONS,
        {"plan", '\0', OPTION_TAKES_VALUE, "FILE", "the steps, as JSON"},
        {"probe", '\0', OPTION_TAKES_VALUE, "COMMAND", "for the shell: 0 means healthy"},
        {"name", '\0', OPTION_TAKES_VALUE, "NAME", "without a plan: these secrets; repeat it"},
        {"wait", '\0', OPTION_TAKES_VALUE, "D", "for how long to wait for the app (default: 10s)"},
        {"junit", '\0', OPTION_TAKES_VALUE, "FILE", "write the report as JUnit XML, too"}, {NULL}};

static int read_names(const struct invocation *invocation, json_t *names) {
    const char *name;
    size_t place = 0;

    while ((name = option_next_value(invocation->options, "name", &place)) != NULL) {
        int error = secret_name_check(name);

        if (error != 0) {
            return error;
        }
        json_array_append_new(names, json_string(name));
    }
    if (json_array_size(names) > 0 && option_is_given(invocation->options, "plan")) {
        return command_usage(invocation->command,
                "--name chooses the secrets of a drill without a plan, so it does not go with "
                "--plan");
    }
    return GK_EXIT_DONE;
}

static int read_wait(const struct invocation *invocation, int64_t *ret_ms) {
    json_auto_t *seconds = NULL;
    int error = duration_option_read(invocation, "wait", 1, &seconds);

    *ret_ms = (seconds != NULL ? (int64_t)json_integer_value(seconds) : WAIT_DEFAULT_S) * MS_PER_S;
    return error;
}

static int read_plan(
        const struct invocation *invocation, int64_t wait_ms, struct drill_plan *ret_plan) {
    const char *path = option_value(invocation->options, "plan");
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    int error = input_read_file(path, path, &text);

    return error != 0 ? error : drill_plan_read(&text, path, wait_ms, ret_plan);
}

static int run(const struct invocation *invocation) {
    DRILL_PLAN_AUTO struct drill_plan plan = {0};
    json_auto_t *names = json_array();
    struct drill_order order = {
            .names = names,
            .command = invocation->arguments,
            .probe = option_value(invocation->options, "probe"),
            .junit = option_value(invocation->options, "junit"),
            .json = invocation->json,
    };
    int error = sandbox_options_read(invocation, &order.sandbox);

    if (error != 0) {
        return error;
    }
    order.sandbox.keeps_store = true;
    error = read_names(invocation, names);
    if (error != 0) {
        return error;
    }
    error = read_wait(invocation, &order.wait_ms);
    if (error != 0) {
        return error;
    }
    if (option_is_given(invocation->options, "plan")) {
        error = read_plan(invocation, order.wait_ms, &plan);
        order.plan = &plan;
    }
    return error != 0 ? error : drill_run(&order);
}

const struct command cmd_drill = {
        .name = "drill",
        .args = "-- COMMAND...",
        .summary = "Do to an app what production will.",
        .help = "Runs COMMAND in a sandbox and takes it through rotations, expiries and troubles\n"
                "of the broker, or through the steps of a plan. After each step the probe has to\n"
                "succeed in time; without one, COMMAND has to run. Exit status 0: it always did.\n"
                "For a step that failed, the report has the requests of the app and the versions\n"
                "that it holds. COMMAND writes to standard error. See ghostctl(1) for the plan.\n"
                "An app that reads its environment runs as: drill -- ghostctl run -- COMMAND...",
        .example = "ghostctl drill --apply secrets.json --probe ./healthy -- npm start",
        .options = options,
        .only_leading_options = true,
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_PROGRAMS,
        .run = run,
};

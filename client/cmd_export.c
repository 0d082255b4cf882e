/* ghostctl export: write the env file. */
#include "command.h"

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "env_export.h"

static const struct option_spec options[] = {
        {"output", 'o', OPTION_TAKES_VALUE, "FILE", "the file; default " GK_ENV_FILE},
        {"stdout", '\0', OPTION_TAKES_NOTHING, NULL, "write to standard output"},
        {"format", '\0', OPTION_TAKES_VALUE, "FORMAT", "how it is written; default portable"},
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only names that begin so"},
        {"check", '\0', OPTION_TAKES_NOTHING, NULL, "write nothing; status 1 if it would change"},
        {"watch", 'w', OPTION_TAKES_NOTHING, NULL, "write it again whenever the secrets change"},
        {"force", '\0', OPTION_TAKES_NOTHING, NULL, "overwrite a file that is not GhostKey's"},
        {"in-place", '\0', OPTION_TAKES_NOTHING, NULL, "write into the file, not in one step"},
        {"skip-refused", '\0', OPTION_TAKES_NOTHING, NULL, "leave out what cannot be written"},
        {"strict", '\0', OPTION_TAKES_NOTHING, NULL, "refuse what some reader reads otherwise"},
        {"quiet", '\0', OPTION_TAKES_NOTHING, NULL, "no warnings"},
        {NULL},
};

static int read_choice(const struct invocation *invocation, struct env_export *export) {
    const char *output = option_value(invocation->options, "output");
    const char *format = option_value(invocation->options, "format");
    bool to_stdout = option_is_given(invocation->options, "stdout");

    *export = (struct env_export){
            .format =
                    {
                            .format = &env_format_portable,
                            .skip_refused = option_is_given(invocation->options, "skip-refused"),
                            .strict = option_is_given(invocation->options, "strict"),
                            .quiet = option_is_given(invocation->options, "quiet"),
                    },
            .path = to_stdout        ? NULL
                    : output != NULL ? output
                                     : GK_ENV_FILE,
            .prefix = option_value(invocation->options, "prefix"),
            .check = option_is_given(invocation->options, "check"),
            .force = option_is_given(invocation->options, "force"),
            .in_place = option_is_given(invocation->options, "in-place"),
    };
    if (to_stdout && (output != NULL || export->check)) {
        return command_usage(
                invocation->command, "--stdout goes with neither --output nor --check");
    }
    if (option_is_given(invocation->options, "watch") && (to_stdout || export->check)) {
        return command_usage(invocation->command, "--watch goes with neither --stdout nor --check");
    }
    if (format != NULL) {
        export->format.format = env_format_find(format);
    }
    if (export->format.format == NULL) {
        AUTO_BUFFER names = {0};

        env_format_append_names(&names);
        return command_usage(
                invocation->command, "unknown format '%s'; there is %s", format, names.data);
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    struct env_export export;
    GK_CLEANUP(target_deinit) struct target target = {0};
    AUTO_BROKER *broker = NULL;
    int rc = read_choice(invocation, &export);

    if (rc == GK_EXIT_DONE && option_is_given(invocation->options, "watch")) {
        rc = command_target(invocation, &target);
        return rc != GK_EXIT_DONE ? rc : env_export_watch(&target, &export);
    }
    rc = rc != GK_EXIT_DONE ? rc : command_connect(invocation, &broker);
    return rc != GK_EXIT_DONE ? rc : env_export_run(broker, &export);
}

const struct command cmd_export = {
        .name = "export",
        .args = "",
        .summary = "Write the current values to an env file.",
        .help = "One NAME=value line per secret, ordered by NAME; nothing expired and nothing put\n"
                "with --no-env. The file is replaced whole, with mode 0600, and not touched if\n"
                "nothing changed. A value that a known reader would read otherwise is warned of:\n"
                "NAME: code: readers.",
        .example = "ghostctl export && set -a && . ./" GK_ENV_FILE,
        .options = options,
        .arguments_max = 0,
        .run = run,
};

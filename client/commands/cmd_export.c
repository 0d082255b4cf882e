/* ghostctl export: write the env file. */
#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "env/env_export.h"
#include "env/env_file.h"

static const struct option_spec options[] = {
        {"output", 'o', OPTION_TAKES_VALUE, "FILE",
                "the file; default " GK_ENV_FILE "; -: standard output"},
        {"stdout", '\0', OPTION_TAKES_NOTHING, NULL, "write to standard output"},
        {"format", '\0', OPTION_TAKES_VALUE, "FORMAT", "see 'ghostctl help formats'"},
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only names that begin with P"},
        {"check", '\0', OPTION_TAKES_NOTHING, NULL, "write nothing; status 1 if it would change"},
        {"watch", 'w', OPTION_TAKES_NOTHING, NULL, "write it again whenever the secrets change"},
        {"force", '\0', OPTION_TAKES_NOTHING, NULL, "overwrite a file that is not GhostKey's"},
        {"in-place", '\0', OPTION_TAKES_NOTHING, NULL, "write into the file, not in one step"},
        {"skip-refused", '\0', OPTION_TAKES_NOTHING, NULL, "leave out values it cannot carry"},
        {"strict", '\0', OPTION_TAKES_NOTHING, NULL, "refuse what some reader misreads"},
        {"quiet", '\0', OPTION_TAKES_NOTHING, NULL, "no warnings"},
        {NULL},
};

static int read_format(const struct invocation *invocation, struct env_export *export) {
    const char *format = option_value(invocation->options, "format");

    export->format.format = format != NULL ? env_format_find(format) : &env_format_portable;
    if (export->format.format == NULL) {
        BUFFER_AUTO struct buffer names = BUFFER_NULL;

        env_format_append_names(&names, false);
        return command_usage(invocation->command, "unknown format '%s'; the formats are %s", format,
                buffer_string(&names));
    }
    return GK_EXIT_DONE;
}

/* Which options contradict each other, and where the text is written to. */
static int read_output(const struct invocation *invocation, struct env_export *export) {
    const char *output = option_value(invocation->options, "output");
    const char *suffix = export->format.format->suffix;
    bool to_stdout = option_is_given(invocation->options, "stdout");
    bool watch = option_is_given(invocation->options, "watch");
    int error;

    if (output != NULL && output[0] == '\0') {
        return command_usage(invocation->command, "--output is given the empty name of no file");
    }
    if (to_stdout && (output != NULL || export->check)) {
        return command_usage(
                invocation->command, "--stdout goes with neither --output nor --check");
    }
    if (watch && (to_stdout || export->check)) {
        return command_usage(invocation->command, "--watch goes with neither --stdout nor --check");
    }
    error = env_export_aim(export, to_stdout ? "-" : output);
    if (error != 0) {
        return error;
    }
    if (export->path == NULL && (watch || export->check)) {
        return command_usage(invocation->command, "%s needs a file, and '--output %s' is none",
                watch ? "--watch" : "--check", output);
    }
    if (watch && suffix != NULL && !export->force && !env_file_has_suffix(export->path, suffix)) {
        return command_usage(invocation->command,
                "--watch writes '%s' again and again, and in the format %s only a file whose name "
                "ends in %s is known as GhostKey's; name such a file, or give --force",
                export->path, export->format.format->name, suffix);
    }
    return GK_EXIT_DONE;
}

static int read_choice(const struct invocation *invocation, struct env_export *export) {
    int error;

    *export = (struct env_export){
            .format =
                    {
                            .skip_refused = option_is_given(invocation->options, "skip-refused"),
                            .strict = option_is_given(invocation->options, "strict"),
                            .quiet = option_is_given(invocation->options, "quiet"),
                    },
            .prefix = option_value(invocation->options, "prefix"),
            .check = option_is_given(invocation->options, "check"),
            .force = option_is_given(invocation->options, "force"),
            .in_place = option_is_given(invocation->options, "in-place"),
    };
    error = read_format(invocation, export);
    if (error != 0) {
        return error;
    }
    return read_output(invocation, export);
}

static int run(const struct invocation *invocation) {
    struct env_export export;
    GK_CLEANUP(target_deinit) struct target target = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = read_choice(invocation, &export);

    if (error != 0) {
        return error;
    }
    error = command_target(invocation, &target);
    if (error != 0) {
        return error;
    }
    if (option_is_given(invocation->options, "watch")) {
        return env_export_watch(&target, &export);
    }
    error = broker_client_open(&target, &broker);
    if (error != 0) {
        return error;
    }
    return env_export_run(broker, &export);
}

const struct command cmd_export = {
        .name = "export",
        .args = "",
        .summary = "Write the current values to an env file.",
        .help = "One NAME=value line per secret, ordered by NAME. Expired secrets and those put\n"
                "with --no-env are left out. The file has mode 0600, is replaced in one step,\n"
                "and is not touched if nothing changed. If a known reader would misread a value,\n"
                "a warning says which one, and which format it reads right.",
        .example = "ghostctl export && set -a && . ./" GK_ENV_FILE,
        .options = options,
        .arguments_max = 0,
        .run = run,
};

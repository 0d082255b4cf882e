/* ghostctl import: put the variables of an environment file. */
#include <ghostkey/error.h>

#include "command.h"
#include "commands/duration_option.h"
#include "commands/strategy_words.h"
#include "env/env_import.h"
#include "terminal/output.h"

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "begin each secret's name with P"},
        {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "how long they live: 90s, 15m, 1h30m, 7d"},
        {"strategy", '\0', OPTION_TAKES_VALUE, "NAME", "how rotation makes values"},
        {"dry-run", '\0', OPTION_TAKES_NOTHING, NULL, "say which, and put nothing"},
        {"keep-going", 'k', OPTION_TAKES_NOTHING, NULL,
                "put the good lines even if there are bad ones"},
        {NULL},
};

static int run(const struct invocation *invocation) {
    const char *path = invocation->arguments[0];
    const char *prefix = option_value(invocation->options, "prefix");
    json_auto_t *ttl = NULL;
    struct env_import import = {
            .shown = env_import_shown(path),
            .prefix = prefix != NULL ? prefix : "",
            .strategy = option_value(invocation->options, "strategy"),
            .is_command = true,
            .keep_going = option_is_given(invocation->options, "keep-going"),
            .dry_run = option_is_given(invocation->options, "dry-run"),
            .json = invocation->json,
    };
    ENV_PARSED_AUTO struct env_parsed parsed = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = duration_option_read(invocation, "ttl", 1, &ttl); /* once, not for each secret */

    if (error != 0) {
        return error;
    }
    if (import.strategy != NULL && !strategy_is_known(import.strategy)) {
        return strategy_say_unknown(invocation);
    }
    if (import.dry_run && import.json) {
        return command_usage(
                invocation->command, "--dry-run puts nothing, so --json has nothing to print");
    }
    import.ttl = ttl;
    error = env_import_read(path, &parsed);
    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    return env_import_run(broker, &import, &parsed);
}

const struct command cmd_import = {
        .name = "import",
        .args = "FILE",
        .summary = "Put the variables of a dotenv or JSON file.",
        .help = "FILE '-': standard input. The file has NAME=value lines with comments, quotes\n"
                "and any line ends, or one flat JSON object, or a format of 'ghostctl export'.\n"
                "Nothing is expanded. A variable becomes the value of the secret that has its\n"
                "environment name, or a new secret named like it in lower case (DB_PASS:\n"
                "db_pass), which cannot be rotated unless --strategy says how. If a line is bad,\n"
                "ghostctl names all bad lines and puts nothing.",
        .example = "ghostctl import .env --prefix app/",
        .options = options,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_FILES,
        .run = run,
};

/* ghostctl import: put the variables of an environment file. */
#include "command.h"

#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/instant.h"
#include "env/env_import.h"
#include "env/env_parse.h"
#include "terminal/input.h"
#include "terminal/output.h"

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "begin each secret's name with P"},
        {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "how long they live: 90s, 15m, 1h30m"},
        {"keep-going", 'k', OPTION_TAKES_NOTHING, NULL,
                "put the good lines even if there are bad ones"},
        {NULL},
};

static int read_parsed(const char *path, const char *shown, struct env_parsed *ret_parsed) {
    BUFFER_AUTO struct buffer content = BUFFER_NULL;
    int error = strcmp(path, "-") == 0 ? input_read_all(STDIN_FILENO, shown, &content)
                                       : input_read_file(path, shown, &content);

    if (error != 0) {
        return error;
    }
    env_parse(
            strcmp(path, "-") == 0 ? NULL : path, buffer_string(&content), content.len, ret_parsed);
    return 0;
}

static int run(const struct invocation *invocation) {
    const char *path = invocation->arguments[0];
    const char *prefix = option_value(invocation->options, "prefix");
    const char *ttl = option_value(invocation->options, "ttl");
    json_auto_t *ttl_value = ttl != NULL ? broker_number_or_text(ttl) : NULL;
    const struct env_import import = {
            .shown = strcmp(path, "-") == 0 ? "standard input" : path,
            .prefix = prefix != NULL ? prefix : "",
            .ttl = ttl_value,
            .keep_going = option_is_given(invocation->options, "keep-going"),
            .json = invocation->json,
    };
    int64_t ttl_s;
    ENV_PARSED_AUTO struct env_parsed parsed = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error;

    if (ttl != NULL && ttl_parse(span_of(ttl), &ttl_s) != 0) { /* once, not for each secret */
        return command_usage(invocation->command,
                "'--ttl' is no time to live: seconds, or as in 90s, 15m, 1h30m");
    }
    error = read_parsed(path, import.shown, &parsed);
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
                "Nothing is expanded. A variable replaces the secret that has its environment\n"
                "name, as 'put' does, or becomes a new one named like it in lower case (DB_PASS:\n"
                "db_pass). If a line is bad, ghostctl names all bad lines and puts nothing.",
        .example = "ghostctl import .env --prefix app/",
        .options = options,
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_FILES,
        .run = run,
};

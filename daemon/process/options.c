#include "process/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/option.h"
#include "ghostkey/protocol.h"
#include "process/log.h"

#define CREDENTIAL_NAME "ghostkey.key"

#define SEED_MAX_BYTES 4096
#define IDLE_EXIT_MAX_S (20 * 86400) /* h2o counts milliseconds in an int */
#define VAULT_TOKEN_TTL_DEFAULT_S 3600
#define VAULT_TOKEN_TTL_MAX_S 86400 /* what renewals may make of it */

#define QUOTE(number) #number
#define QUOTED(number) QUOTE(number)

static int set_socket(struct options *options, char *argument, struct problem *problem) {
    size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (argument[0] == '\0' || strlen(argument) > room) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--socket: a path of 1 to %zu bytes is accepted, this one has %zu", room,
                strlen(argument));
    }
    options->socket_path = argument;
    return 0;
}

static int keep_seed(
        struct options *options, const char *option, struct span seed, struct problem *problem) {
    if (options->has_seed) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: only one of --seed and --seed-file is accepted", option);
    }
    if (seed.len == 0 || seed.len > SEED_MAX_BYTES) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: a seed of 1 to %d bytes is accepted, this one has %s", option, SEED_MAX_BYTES,
                seed.len == 0 ? "none" : "more");
    }
    buffer_append_span(&options->seed, seed);
    options->has_seed = true;
    return buffer_finish(&options->seed);
}

static int set_seed(struct options *options, char *argument, struct problem *problem) {
    int error = keep_seed(options, "--seed", span_of(argument), problem);

    explicit_bzero(argument, strlen(argument)); /* so that /proc/PID/cmdline does not show it */
    return error;
}

static int set_seed_file(struct options *options, char *argument, struct problem *problem) {
    BUFFER_AUTO struct buffer content = BUFFER_NULL;
    int error = option_file("--seed-file", argument, SEED_MAX_BYTES + 1, &content, problem);

    if (error != 0) {
        return error;
    }
    options->seed_path = argument;
    if (content.len > 0 && content.data[content.len - 1] == '\n') {
        content.len -= 1; /* an editor or echo has added this newline */
    }
    return keep_seed(options, "--seed-file", buffer_span(&content), problem);
}

static int set_clock(struct options *options, char *argument, struct problem *problem) {
    options->has_clock = true;
    return option_clock("--clock", argument, &options->clock_kind, &options->clock_start, problem);
}

static int set_max_value(struct options *options, char *argument, struct problem *problem) {
    uint64_t number = 0;
    int error =
            option_number("--max-value", argument, GK_VALUE_MAX_BYTES_CEILING, &number, problem);

    if (error != 0) {
        return error;
    }
    options->value_max_bytes = (size_t)number;
    return 0;
}

static int set_keep_versions(struct options *options, char *argument, struct problem *problem) {
    return option_number("--keep-versions", argument, GK_KEEP_VERSIONS_CEILING,
            &options->keep_versions, problem);
}

/* option: its name with the dashes. */
static int keep_path(
        const char *option, char *argument, const char **ret_path, struct problem *problem) {
    if (argument[0] == '\0') {
        return problem_set(problem, GK_E_BAD_REQUEST, "%s: give the path of a file", option);
    }
    *ret_path = argument;
    return 0;
}

static int set_audit_log(struct options *options, char *argument, struct problem *problem) {
    return keep_path("--audit-log", argument, &options->audit_path, problem);
}

static int set_tcp(struct options *options, char *argument, struct problem *problem) {
    options->has_tcp = true;
    return option_tcp("--tcp", argument, &options->tcp, problem);
}

static int set_token_file(struct options *options, char *argument, struct problem *problem) {
    return keep_path("--token-file", argument, &options->token_path, problem);
}

static int set_store(struct options *options, char *argument, struct problem *problem) {
    return keep_path("--store", argument, &options->store_path, problem);
}

static int set_store_key(struct options *options, char *argument, struct problem *problem) {
    struct stat file;
    bool is_file = stat(argument, &file) == 0 && S_ISREG(file.st_mode);

    options->has_key = true;
    options->key_path = argument;
    options->is_key_exposed = is_file && (file.st_mode & 0077) != 0;
    return option_key("--store-key", argument, options->key, problem);
}

static int set_apply(struct options *options, char *argument, struct problem *problem) {
    int error = keep_path("--apply", argument, &options->apply_path, problem);

    if (error != 0) {
        return error;
    }
    error = option_file("--apply", argument, GK_DOCUMENT_MAX_BYTES, &options->apply, problem);
    if (error != 0) {
        return error;
    }
    if (options->apply.len > GK_DOCUMENT_MAX_BYTES) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--apply: a file of at most %zu bytes is accepted, this one has more",
                GK_DOCUMENT_MAX_BYTES);
    }
    return 0;
}

static int set_idle_exit(struct options *options, char *argument, struct problem *problem) {
    return option_duration(
            "--idle-exit", argument, IDLE_EXIT_MAX_S, &options->idle_exit_s, problem);
}

static int set_exit_with_parent(struct options *options, char *argument, struct problem *problem) {
    options->exits_with_parent = true;
    return 0;
}

static int set_vault_mount(struct options *options, char *argument, struct problem *problem) {
    options->vault_mount = argument;
    return option_mount("--vault-mount", argument, problem);
}

static int set_vault_token_ttl(struct options *options, char *argument, struct problem *problem) {
    return option_duration("--vault-token-ttl", argument, VAULT_TOKEN_TTL_MAX_S,
            &options->vault_token_ttl_s, problem);
}

static int set_aws_region(struct options *options, char *argument, struct problem *problem) {
    options->aws_region = argument;
    return option_region("--aws-region", argument, problem);
}

static int set_log(struct options *options, char *argument, struct problem *problem) {
    return option_log("--log", argument, &options->log, problem);
}

static int set_version(struct options *options, char *argument, struct problem *problem) {
    options->action = OPTIONS_VERSION;
    return 0;
}

static int set_help(struct options *options, char *argument, struct problem *problem) {
    options->action = OPTIONS_HELP;
    return 0;
}

static const struct {
    struct option_spec spec;
    /* argument points into argv, and may be written to; NULL if the option takes none */
    int (*set)(struct options *options, char *argument, struct problem *problem);
} rows[] = {
        {{"socket", '\0', OPTION_TAKES_VALUE, "PATH",
                 "Unix socket to make when no socket is passed in\n"
                 "(default: $" GK_VAR_RUNTIME_DIR "/" GK_SOCKET_SUBPATH ")"},
                set_socket},
        {{"tcp", '\0', OPTION_TAKES_VALUE, "ADDRESS:PORT",
                 "listen on TCP, too: a loopback address; port 0 picks\n"
                 "one and prints it (default: off)"},
                set_tcp},
        {{"token-file", '\0', OPTION_TAKES_VALUE, "PATH",
                 "the token of TCP requests; made if it is missing\n"
                 "(default: $" GK_VAR_RUNTIME_DIR "/" GK_TOKEN_SUBPATH ")"},
                set_token_file},
        {{"seed", '\0', OPTION_TAKES_VALUE, "TEXT",
                 "seed of all generated values, for tests: the seed is\n"
                 "enough to compute them (default: random)",
                 true},
                set_seed},
        {{"seed-file", '\0', OPTION_TAKES_VALUE, "FILE", "the same, read from FILE"},
                set_seed_file},
        {{"clock", '\0', OPTION_TAKES_VALUE, "SPEC",
                 "'system', or 'virtual[:RFC3339]', which stands still\n"
                 "until a request moves it (default: system)"},
                set_clock},
        {{"store", '\0', OPTION_TAKES_VALUE, "FILE",
                 "keep the state in FILE across runs (default: in\n"
                 "memory, and nothing is written to disk)"},
                set_store},
        {{"store-key", '\0', OPTION_TAKES_VALUE, "FILE",
                 "encrypt the store with the 32 bytes in\n"
                 "FILE (also: the service credential " CREDENTIAL_NAME ")"},
                set_store_key},
        {{"exit-with-parent", '\0', OPTION_TAKES_NOTHING, NULL,
                 "end when the process ends that started this one"},
                set_exit_with_parent},
        {{"apply", '\0', OPTION_TAKES_VALUE, "FILE",
                 "make the secrets of FILE, a document of\n"
                 "'ghostctl apply', in a state that is new"},
                set_apply},
        {{"idle-exit", '\0', OPTION_TAKES_VALUE, "DURATION",
                 "exit after so long without a client, if that loses\n"
                 "nothing (default: never)"},
                set_idle_exit},
        {{"audit-log", '\0', OPTION_TAKES_VALUE, "FILE",
                 "append each event as a JSON line to FILE, too"},
                set_audit_log},
        {{"log", '\0', OPTION_TAKES_VALUE, "WHAT",
                 "'warnings' alone, 'events', or each of the 'requests',\n"
                 "too (default: events)"},
                set_log},
        {{"max-value", '\0', OPTION_TAKES_VALUE, "BYTES",
                 "largest secret value (default: " QUOTED(GK_VALUE_MAX_BYTES_DEFAULT) ")"},
                set_max_value},
        {{"keep-versions", '\0', OPTION_TAKES_VALUE, "N",
                 "values kept per secret, the current one included\n"
                 "(default: " QUOTED(GK_KEEP_VERSIONS_DEFAULT) ")"},
                set_keep_versions},
        {{"vault-mount", '\0', OPTION_TAKES_VALUE, "NAME",
                 "where clients of Vault find the secrets\n"
                 "(default: secret)"},
                set_vault_mount},
        {{"vault-token-ttl", '\0', OPTION_TAKES_VALUE, "DURATION",
                 "how long a token lives that a login of Vault\n"
                 "gives (default: 1h)"},
                set_vault_token_ttl},
        {{"aws-region", '\0', OPTION_TAKES_VALUE, "REGION",
                 "the region of AWS whose secrets have no region\n"
                 "in their name (default: us-east-1)"},
                set_aws_region},
        {{"version", '\0', OPTION_TAKES_NOTHING, NULL, "print the version and exit"}, set_version},
        {{"help", '\0', OPTION_TAKES_NOTHING, NULL, "print this and exit"}, set_help},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Applies the options that were given, in their order. */
static int set_given(const struct option_list *list, const struct option_spec *specs,
        struct options *options, struct problem *problem) {
    bool is_set[ROW_COUNT] = {false};

    for (size_t at = 0; at < list->given_count; at++) {
        const struct option_given *given = &list->given[at];
        size_t row = (size_t)(given->spec - specs);
        int error;

        if (is_set[row]) {
            return problem_set(
                    problem, GK_E_BAD_REQUEST, "--%s: accepted only once", given->spec->name);
        }
        is_set[row] = true;
        error = rows[row].set(options, given->value, problem);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int read_rows(int argc, char **argv, struct options *options, struct problem *problem) {
    struct option_spec specs[ROW_COUNT + 1] = {{NULL}};
    OPTION_LIST_AUTO struct option_list list = {.tables = {specs}, .only_leading = true};
    int fault;
    int error;

    for (size_t at = 0; at < ROW_COUNT; at++) {
        specs[at] = rows[at].spec;
    }
    fault = option_list_read(&list, argc - 1, argv + 1);
    /* Also after a fault: a seed that was given before it is wiped from argv. */
    error = set_given(&list, specs, options, problem);
    if (error != 0) {
        return error;
    }
    if (fault == GK_E_BAD_REQUEST) {
        return problem_set(problem, fault, "%s", list.fault);
    }
    if (fault != 0) {
        return log_error(fault, "cannot read the options");
    }
    if (list.argument_count > 0) {
        /* the argument is not shown: it may belong to a seed that was typed without quotes */
        return problem_set(problem, GK_E_BAD_REQUEST,
                "argument %d is no option; only options are accepted",
                argc - (int)list.argument_count);
    }
    return 0;
}

/* Takes the key from the service manager's credential, if there is a store and no --store-key. */
static int take_key(struct options *options, struct problem *problem) {
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (options->store_path == NULL && options->has_key) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--store-key: accepted only with --store FILE; a state in memory is not encrypted");
    }
    if (options->store_path == NULL || options->has_key || directory == NULL ||
            snprintf(path, sizeof(path), "%s/" CREDENTIAL_NAME, directory) >= (int)sizeof(path) ||
            access(path, F_OK) != 0) {
        return 0;
    }
    options->has_key = true;
    return option_key("the credential " CREDENTIAL_NAME, path, options->key, problem);
}

int options_parse(int argc, char **argv, struct options *ret_options, struct problem *problem) {
    OPTIONS_AUTO struct options options = {
            .value_max_bytes = GK_VALUE_MAX_BYTES_DEFAULT,
            .keep_versions = GK_KEEP_VERSIONS_DEFAULT,
            .vault_mount = "secret",
            .vault_token_ttl_s = VAULT_TOKEN_TTL_DEFAULT_S,
            .aws_region = "us-east-1",
            .log = LOG_EVENTS,
    };
    int error = read_rows(argc, argv, &options, problem);

    if (error != 0) {
        return error;
    }
    error = take_key(&options, problem);
    if (error != 0) {
        return error;
    }
    error = option_files_check(&options, problem);
    if (error != 0) {
        return error;
    }
    *ret_options = options;
    options = OPTIONS_NULL; /* handed over */
    return 0;
}

void options_deinit(struct options *options) {
    buffer_deinit(&options->seed);
    buffer_deinit(&options->apply);
    explicit_bzero(options->key, sizeof(options->key));
}

void options_print_help(FILE *out) {
    fputs("usage: ghostkeyd [OPTION]...\n"
          "The daemon of GhostKey, a local secrets broker emulator; never for production.\n\n",
            out);
    for (size_t at = 0; at < ROW_COUNT; at++) {
        const struct option_spec *spec = &rows[at].spec;
        const char *line = spec->help;
        int width = fprintf(out, "  --%s %s", spec->name, spec->value != NULL ? spec->value : "");

        for (;;) {
            size_t len = strcspn(line, "\n");

            fprintf(out, "%*s%.*s\n", 26 - width, "", (int)len, line);
            if (line[len] == '\0') {
                break;
            }
            line += len + 1;
            width = 0;
        }
    }
    fputs("\nThe manual page ghostkeyd(8) says more.\n", out);
}

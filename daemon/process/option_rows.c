#include "process/option_rows.h"

#include "ghostkey/protocol.h"
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SEED_MAX_BYTES 4096
#define IDLE_EXIT_MAX_S (20 * 86400) /* h2o counts milliseconds in an int */

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
    int result = keep_seed(options, "--seed", span_of(argument), problem);

    explicit_bzero(argument, strlen(argument)); /* out of /proc/PID/cmdline */
    return result;
}

static int set_seed_file(struct options *options, char *argument, struct problem *problem) {
    BUFFER_AUTO struct buffer content = BUFFER_NULL;
    int result = option_file("--seed-file", argument, SEED_MAX_BYTES + 1, &content, problem);

    if (result != 0) {
        return result;
    }
    options->seed_path = argument;
    if (content.len > 0 && content.data[content.len - 1] == '\n') {
        content.len -= 1; /* the one that an editor or echo leaves at the end */
    }
    return keep_seed(options, "--seed-file", buffer_span(&content), problem);
}

static int set_clock(struct options *options, char *argument, struct problem *problem) {
    options->has_clock = true;
    return option_clock("--clock", argument, &options->clock_kind, &options->clock_start, problem);
}

static int set_max_value(struct options *options, char *argument, struct problem *problem) {
    uint64_t number = 0;
    int result =
            option_number("--max-value", argument, GK_VALUE_MAX_BYTES_CEILING, &number, problem);

    if (result == 0) {
        options->value_max_bytes = (size_t)number;
    }
    return result;
}

static int set_keep_versions(struct options *options, char *argument, struct problem *problem) {
    return option_number("--keep-versions", argument, GK_KEEP_VERSIONS_CEILING,
            &options->keep_versions, problem);
}

static int set_audit_log(struct options *options, char *argument, struct problem *problem) {
    if (argument[0] == '\0') {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "--audit-log: the path of a file is accepted");
    }
    options->audit_path = argument;
    return 0;
}

static int set_tcp(struct options *options, char *argument, struct problem *problem) {
    options->has_tcp = true;
    return option_tcp("--tcp", argument, &options->tcp, problem);
}

static int set_token_file(struct options *options, char *argument, struct problem *problem) {
    options->token_path = argument;
    return argument[0] != '\0' ? 0
                               : problem_set(problem, GK_E_BAD_REQUEST,
                                         "--token-file: the path of a file is accepted");
}

static int set_store(struct options *options, char *argument, struct problem *problem) {
    if (argument[0] == '\0') {
        return problem_set(problem, GK_E_BAD_REQUEST, "--store: the path of a file is accepted");
    }
    options->store_path = argument;
    return 0;
}

static int set_store_key(struct options *options, char *argument, struct problem *problem) {
    struct stat file;
    bool is_file = stat(argument, &file) == 0 && S_ISREG(file.st_mode);

    options->has_key = true;
    options->key_path = argument;
    options->is_key_open = is_file && (file.st_mode & 0077) != 0;
    return option_key("--store-key", argument, options->key, problem);
}

static int set_idle_exit(struct options *options, char *argument, struct problem *problem) {
    return option_duration(
            "--idle-exit", argument, IDLE_EXIT_MAX_S, &options->idle_exit_s, problem);
}

static int set_version(struct options *options, char *argument, struct problem *problem) {
    options->action = OPTIONS_VERSION;
    return 0;
}

static int set_help(struct options *options, char *argument, struct problem *problem) {
    options->action = OPTIONS_HELP;
    return 0;
}

const struct option_row option_rows[OPTION_ROW_COUNT] = {
        {"socket", "PATH",
                "Unix socket to make when no socket is passed in\n"
                "(default: $" GK_VAR_RUNTIME_DIR "/" GK_SOCKET_SUBPATH ")",
                set_socket},
        {"tcp", "ADDRESS:PORT",
                "listen on TCP, too: a loopback address; port 0 picks\n"
                "one and prints it (default: off)",
                set_tcp},
        {"token-file", "PATH",
                "the token that TCP requests must bear; made if missing\n"
                "(default: $" GK_VAR_RUNTIME_DIR "/" GK_TOKEN_SUBPATH ")",
                set_token_file},
        {"seed", "TEXT",
                "seed of all generated values, for tests: who knows it\n"
                "can compute them (default: random)",
                set_seed},
        {"seed-file", "FILE", "the same, read from FILE", set_seed_file},
        {"clock", "SPEC",
                "'system', or 'virtual[:RFC3339]', which stands still\n"
                "until it is told to move (default: system)",
                set_clock},
        {"store", "FILE",
                "keep the state in FILE across runs (default: in\n"
                "memory, and nothing is written to disk)",
                set_store},
        {"store-key", "FILE",
                "encrypt what is private in it with the 32 bytes in\n"
                "FILE (also: the service credential " CREDENTIAL_NAME ")",
                set_store_key},
        {"idle-exit", "DURATION",
                "exit when nobody was connected for so long and\n"
                "nothing would be lost by it (default: never)",
                set_idle_exit},
        {"audit-log", "FILE", "append each event as a JSON line to FILE, too", set_audit_log},
        {"max-value", "BYTES",
                "largest secret value (default: " QUOTED(GK_VALUE_MAX_BYTES_DEFAULT) ")",
                set_max_value},
        {"keep-versions", "N",
                "values kept per secret, the current one included\n"
                "(default: " QUOTED(GK_KEEP_VERSIONS_DEFAULT) ")",
                set_keep_versions},
        {"version", NULL, "print the version and exit", set_version},
        {"help", NULL, "print this and exit", set_help},
};

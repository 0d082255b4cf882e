/* ghostctl env: the variables by which an app finds the daemon. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/sandbox_options.h"
#include "common/token_file.h"
#include "heap.h"
#include "terminal/output.h"

#define REGION_DEFAULT "us-east-1" /* over TCP the daemon does not tell its own */

static const struct option_spec options[] = {
        {"api", '\0', OPTION_TAKES_VALUE, "APIS",
                "variables for these alone: 'vault', 'vault,aws'"},
        {NULL},
};

/* NAME=value as a line for a POSIX shell. */
static void print_export(const char *variable) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    size_t name_len = strcspn(variable, "=");

    buffer_append_text(&line, "export ");
    buffer_append(&line, variable, name_len + 1);
    buffer_append_byte(&line, '\'');
    for (const char *c = variable + name_len + 1; *c != '\0'; c++) {
        if (*c == '\'') {
            buffer_append_text(&line, "'\\'");
        }
        buffer_append_byte(&line, *c);
    }
    buffer_append_text(&line, "'\n");
    output_data(line.data, line.len);
}

static void print_exports(const struct buffer *variables) {
    for (size_t at = 0; at < variables->len; at += strlen(variables->data + at) + 1) {
        print_export(variables->data + at);
    }
}

static int print_json(const struct buffer *variables) {
    json_auto_t *object = json_object();
    GK_AUTO_WIPE char *text = NULL;

    for (size_t at = 0; at < variables->len; at += strlen(variables->data + at) + 1) {
        const char *variable = variables->data + at;
        size_t name_len = strcspn(variable, "=");
        GK_AUTO_FREE char *name = heap_duplicate(variable, name_len);

        if (json_object_set_new(object, name, json_string(variable + name_len + 1)) != 0) {
            output_error("%s is not UTF-8, so JSON cannot hold it; leave out --json", name);
            return GK_EXIT_FAILED;
        }
    }
    text = json_dumps(object, JSON_COMPACT);
    if (text == NULL) {
        heap_exhausted();
    }
    output_json_line(text, strlen(text));
    return GK_EXIT_DONE;
}

/* Where the daemon is that is reached by a Unix socket; `status` names its TCP. */
static int find_by_socket(const struct target *target, const json_t *status, char *path,
        struct token *token, struct access_place *ret_place) {
    const char *file = json_string_value(json_object_get(status, "token_file"));
    const char *region = json_string_value(json_object_get(status, "aws_region"));
    const char *fault = NULL;
    int error;

    if (region == NULL) {
        return broker_answer_misunderstood("no 'aws_region' in its status");
    }
    if (realpath(target->shown, path) == NULL) {
        output_error("cannot find the path of the socket %s: %s", target->shown, strerror(errno));
        return GK_EXIT_FAILED;
    }
    *ret_place = (struct access_place){.socket = path, .region = region};
    if (file == NULL) {
        return GK_EXIT_DONE;
    }
    error = token_file_read(file, false, token, &fault);
    if (error != 0) {
        output_error("cannot read the daemon's token file %s: %s", file,
                error > 0 ? fault : strerror(-error));
        return GK_EXIT_FAILED;
    }
    token->text[token->len] = '\0';
    ret_place->tcp = json_string_value(json_object_get(status, "tcp"));
    ret_place->token = token->text;
    return GK_EXIT_DONE;
}

/* Where the daemon is that is reached by a URL. */
static int find_by_url(struct target *target, char *path, struct access_place *ret_place) {
    int error = target->token == NULL ? target_read_late_token(target, &target->token) : 0;

    if (error != 0) {
        return error;
    }
    if (target->token == NULL || realpath(target->token_file, path) == NULL) {
        output_error("cannot tell which token is for %s; name the token's file with --token-file",
                target->shown);
        return GK_EXIT_FAILED;
    }
    *ret_place = (struct access_place){
            .url = target->shown,
            .token_file = path,
            .tcp = target->host,
            .token = target->token,
            .region = REGION_DEFAULT,
    };
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    BUFFER_AUTO struct buffer variables = BUFFER_NULL;
    TOKEN_AUTO struct token token = TOKEN_NULL;
    struct access_place place = {0};
    char path[PATH_MAX];
    unsigned apis = 0;
    int error = sandbox_options_read_apis(invocation, &apis);

    if (error != 0) {
        return error;
    }
    error = command_target(invocation, &target);
    if (error != 0) {
        return error;
    }
    error = broker_client_open(&target, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_status(broker, &answer);
    if (error != 0) {
        return error;
    }
    error = target.is_unix ? find_by_socket(&target, answer.document, path, &token, &place)
                           : find_by_url(&target, path, &place);
    if (error != 0) {
        return error;
    }
    if (place.tcp == NULL && apis != 0 && option_is_given(invocation->options, "api")) {
        output_warning("the daemon has no TCP, so there are no variables for '--api %s'",
                option_value(invocation->options, "api"));
    }
    access_append(&place, apis, &variables);
    if (invocation->json) {
        return print_json(&variables);
    }
    print_exports(&variables);
    return GK_EXIT_DONE;
}

const struct command cmd_env = {
        .name = "env",
        .args = "",
        .summary = "Print variables that lead an app to the daemon.",
        .help = "Lines for a POSIX shell: GHOSTKEY_SOCKET and, if the daemon has TCP, what\n"
                "clients of Vault and AWS Secrets Manager read. They hold the token. If\n"
                "the app needs a profile of AWS for other services, leave the AWS variables\n"
                "out: --api vault. With --url: GHOSTKEY_URL and GHOSTKEY_TOKEN_FILE in place\n"
                "of the socket.",
        .example = "eval \"$(ghostctl env --api vault)\"",
        .options = options,
        .arguments_max = 0,
        .run = run,
};

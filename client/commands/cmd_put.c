/* ghostctl put: create or replace a secret. */
#include "command.h"

#include <errno.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "commands/value_source.h"
#include "common/base64.h"
#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"

static const struct option_spec options[] = {
        {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "how long it lives: 90s, 15m, 1h30m"},
        {"strategy", '\0', OPTION_TAKES_VALUE, "NAME", "how values are made: token, hex, …"},
        {"length", '\0', OPTION_TAKES_VALUE, "N", "how many characters a value has"},
        {"template", '\0', OPTION_TAKES_VALUE, "TEXT", "text with fields such as {alnum:24}"},
        {"rotate-on-expiry", '\0', OPTION_TAKES_NOTHING, NULL, "a new value when the TTL is over"},
        {"generate", '\0', OPTION_TAKES_NOTHING, NULL, "the strategy makes the value"},
        {"env", '\0', OPTION_TAKES_VALUE, "NAME", "the name of its variable"},
        {"no-env", '\0', OPTION_TAKES_NOTHING, NULL, "keep it out of exports"},
        {"label", '\0', OPTION_TAKES_VALUE, "K=V", "a label; repeat it for more"},
        {"if-match", '\0', OPTION_TAKES_VALUE, "REVISION", "only if this revision is current"},
        {"create", '\0', OPTION_TAKES_NOTHING, NULL, "only if there is no secret of that name"},
        {"raw", '\0', OPTION_TAKES_NOTHING, NULL, "keep a newline at the end of standard input"},
        {NULL},
};

/* `text` NULL: nothing is set. */
static int set_text(
        const struct invocation *invocation, json_t *object, const char *member, const char *text) {
    if (text == NULL || json_object_set_new(object, member, json_string(text)) == 0) {
        return 0;
    }
    return command_usage(invocation->command, "'--%s' is not UTF-8", member);
}

/* The number that `text` is in decimal; -EINVAL if it is none. */
static int read_number(const char *text, json_int_t *ret_number) {
    char *end = NULL;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return -EINVAL;
    }
    *ret_number = number;
    return 0;
}

static int set_rotation(const struct invocation *invocation, json_t *definition) {
    const char *strategy = option_value(invocation->options, "strategy");
    const char *length = option_value(invocation->options, "length");
    const char *template = option_value(invocation->options, "template");
    json_auto_t *rotation = json_object();
    int error;

    if (strategy == NULL && template != NULL) {
        strategy = "template";
    }
    error = set_text(invocation, rotation, "strategy", strategy);
    if (error != 0) {
        return error;
    }
    error = set_text(invocation, rotation, "template", template);
    if (error != 0) {
        return error;
    }
    if (length != NULL) {
        json_int_t number;

        if (read_number(length, &number) < 0) {
            return command_usage(invocation->command, "'--length' takes a whole number");
        }
        json_object_set_new(rotation, "length", json_integer(number));
    }
    if (option_is_given(invocation->options, "rotate-on-expiry")) {
        json_object_set_new(rotation, "on_expiry", json_true());
    }
    if (json_object_size(rotation) > 0) {
        json_object_set(definition, "rotation", rotation);
    }
    return 0;
}

static int set_labels(const struct invocation *invocation, json_t *definition) {
    json_auto_t *labels = json_object();
    const char *label;
    size_t place = 0;

    while ((label = option_next_value(invocation->options, "label", &place)) != NULL) {
        const char *equals = strchr(label, '=');
        GK_AUTO_FREE char *key = NULL;

        if (equals == NULL || equals == label || equals - label > GK_LABEL_MAX_BYTES) {
            return command_usage(invocation->command,
                    "'--label' takes K=V, where K has 1 to %d bytes", GK_LABEL_MAX_BYTES);
        }
        key = heap_duplicate(label, (size_t)(equals - label));
        if (json_object_get(labels, key) != NULL) {
            return command_usage(invocation->command, "'--label' is given twice with the same K");
        }
        if (json_object_set_new(labels, key, json_string(equals + 1)) < 0) {
            return command_usage(invocation->command, "'--label' is not UTF-8");
        }
    }
    if (json_object_size(labels) > 0) {
        json_object_set(definition, "labels", labels);
    }
    return GK_EXIT_DONE;
}

static int set_env(const struct invocation *invocation, json_t *definition) {
    const char *env = option_value(invocation->options, "env");
    bool no_env = option_is_given(invocation->options, "no-env");

    if (env != NULL && no_env) {
        return command_usage(invocation->command, "--env and --no-env contradict each other");
    }
    if (env != NULL && !env_name_is_valid(span_of(env))) {
        return command_usage(invocation->command,
                "'--env' takes the name of a variable: at most %d letters, digits and '_', no "
                "digit first",
                GK_ENV_MAX_BYTES);
    }
    if (env != NULL) {
        json_object_set_new(definition, "env", json_string(env));
    } else if (no_env) {
        json_object_set_new(definition, "env", json_false());
    }
    return GK_EXIT_DONE;
}

/* Seconds become a number in JSON; the daemon judges anything else. */
static int set_ttl(const struct invocation *invocation, json_t *definition) {
    const char *ttl = option_value(invocation->options, "ttl");

    if (ttl == NULL || json_object_set_new(definition, "ttl", broker_number_or_text(ttl)) == 0) {
        return GK_EXIT_DONE;
    }
    return command_usage(invocation->command, "'--ttl' is not UTF-8");
}

static int set_value(const struct invocation *invocation, json_t *definition) {
    char *argument = invocation->argument_count > 1 ? invocation->arguments[1] : NULL;
    bool raw = option_is_given(invocation->options, "raw");
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    BUFFER_AUTO struct buffer base64 = BUFFER_NULL;
    int error;

    if (option_is_given(invocation->options, "generate")) {
        json_object_set_new(definition, "generate", json_true());
        return argument == NULL ? GK_EXIT_DONE
                                : command_usage(invocation->command,
                                          "a VALUE and --generate contradict each other");
    }
    error = value_source_read(argument, invocation->arguments[0], raw, &value);
    if (error != 0) {
        return error;
    }
    if (value_is_text(&value)) {
        json_object_set_new(definition, "value", json_stringn(buffer_string(&value), value.len));
    } else {
        base64_encode(buffer_span(&value), &base64);
        json_object_set_new(
                definition, "value_base64", json_stringn(buffer_string(&base64), base64.len));
    }
    return GK_EXIT_DONE;
}

/* The message does not repeat the name: a value may have been typed in its place. */
static int check_name(const struct invocation *invocation, const char *name) {
    if (secret_name_is_valid(name)) {
        return GK_EXIT_DONE;
    }
    return command_usage(invocation->command,
            "NAME, the first argument, is not a name: " SECRET_NAME_RULE, GK_NAME_MAX_BYTES);
}

static int read_condition(
        const struct invocation *invocation, struct broker_put_condition *condition) {
    condition->if_match = option_value(invocation->options, "if-match");
    condition->create = option_is_given(invocation->options, "create");
    if (condition->if_match == NULL) {
        return GK_EXIT_DONE;
    }
    if (condition->create) {
        return command_usage(invocation->command, "--if-match and --create contradict each other");
    }
    if (strcmp(condition->if_match, "*") != 0 &&
            (condition->if_match[0] == '\0' ||
                    strspn(condition->if_match, "0123456789") != strlen(condition->if_match))) {
        return command_usage(
                invocation->command, "'--if-match' takes a revision: a number, or '*'");
    }
    return GK_EXIT_DONE;
}

static int define(const struct invocation *invocation, json_t *definition) {
    static int (*const steps[])(const struct invocation *, json_t *) = {
            set_env, set_labels, set_rotation, set_ttl, set_value};
    int error = 0;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && error == 0; i++) {
        error = steps[i](invocation, definition);
    }
    return error;
}

static int run(const struct invocation *invocation) {
    const char *name = invocation->arguments[0];
    struct broker_put_condition condition = {0};
    json_auto_t *definition = json_object();
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = check_name(invocation, name);

    if (error != 0) {
        return error;
    }
    error = read_condition(invocation, &condition);
    if (error != 0) {
        return error;
    }
    error = define(invocation, definition);
    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_put(broker, name, definition, &condition, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
    }
    return 0;
}

const struct command cmd_put = {
        .name = "put",
        .args = "NAME [VALUE]",
        .summary = "Create or replace a secret.",
        .help = "VALUE '-' or left out: standard input, without one newline at its end; on a\n"
                "terminal ghostctl asks twice, without echo. '@FILE': that file, byte for byte. A\n"
                "value that is not UTF-8 or holds a NUL is put as binary. A VALUE on the command\n"
                "line may stay in your shell's history. The whole definition is replaced: an\n"
                "option that is left out gets its default.",
        .example = "ghostctl put db_pass --ttl 1h --strategy hex --rotate-on-expiry < pass.txt",
        .options = options,
        .takes_value = true,
        .arguments_min = 1,
        .arguments_max = 2,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

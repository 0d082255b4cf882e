#include "command.h"

#include <stdarg.h>
#include <string.h>

#include <ghostkey/error.h>

#include "common/suggest.h"
#include "terminal/output.h"
#include "wire/secret_view.h"

#define SHOWN_MAX_BYTES 40

/* `version` stays first: it has no meaning after the command, where the table is used from 1 on. */
const struct option_spec command_global_options[] = {
        {"version", '\0', OPTION_TAKES_NOTHING, NULL, "print the version and exit"},
        {"help", 'h', OPTION_TAKES_NOTHING, NULL, "print help and exit"},
        {"json", '\0', OPTION_TAKES_NOTHING, NULL, "print the daemon's answers as JSON lines"},
        {"socket", '\0', OPTION_TAKES_VALUE, "PATH", "the daemon's Unix socket"},
        {"token-file", '\0', OPTION_TAKES_VALUE, "PATH", "the token for --url"},
        {"url", '\0', OPTION_TAKES_VALUE, "URL", "the daemon's URL, in place of a socket"},
        {NULL},
};

/* Words of other programs, and what GhostKey has in their place. */
static const struct {
    const char *typed;
    const char *meant;
} synonyms[] = {
        {"add", "'put' makes a secret or gives it a new value"},
        {"cat", "'get' prints a value, and 'describe' all else"},
        {"cp", "there is no copy: 'ghostctl get -n OLD | ghostctl put --raw NEW'"},
        {"create", "'put --create' makes a secret that does not exist yet"},
        {"del", "'delete' removes a secret"},
        {"edit", "'update' changes a definition, and 'put' a value"},
        {"ls", "'list' lists the secrets"},
        {"mv", "a secret keeps its name: 'ghostctl get -n OLD | ghostctl put --raw NEW', then "
               "'ghostctl delete OLD'"},
        {"remove", "'delete' removes a secret"},
        {"rename", "a secret keeps its name: 'ghostctl get -n OLD | ghostctl put --raw NEW', then "
                   "'ghostctl delete OLD'"},
        {"rm", "'delete' removes a secret"},
        {"set", "'put' makes a secret or gives it a new value"},
        {"show", "'get' prints a value, and 'describe' all else"},
        {"undelete", "'restore' undoes a deletion"},
};

static const char *find_synonym(const char *typed) {
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
        if (strcmp(synonyms[i].typed, typed) == 0) {
            return synonyms[i].meant;
        }
    }
    return NULL;
}

/* Whether a message may show what was typed as a command: only if it is not a piece of a text. */
static bool is_short_word(const char *text) {
    size_t len = 0;

    while ((unsigned char)text[len] > ' ' && text[len] != '\x7f') {
        len++;
    }
    return len <= SHOWN_MAX_BYTES && text[len] == '\0';
}

const struct command *command_find(const struct command *const *commands, const char *name) {
    const char *meant = find_synonym(name);
    const char *best = NULL;

    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
        best = suggest_better(name, best, commands[i]->name);
    }
    if (meant != NULL) {
        output_error("unknown command '%s': %s", name, meant);
    } else if (best != NULL) {
        output_error("unknown command '%s'; did you mean '%s'?", name, best);
    } else if (!is_short_word(name)) {
        output_error("that is no command; 'ghostctl --help' lists the commands");
    } else {
        output_error("unknown command '%s'; 'ghostctl --help' lists the commands", name);
    }
    return NULL;
}

int command_usage(const struct command *command, const char *format, ...) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    output_error("%s; 'ghostctl help %s' tells more", buffer_string(&text), command->name);
    return GK_EXIT_USAGE;
}

int command_target(const struct invocation *invocation, struct target *ret_target) {
    const struct target_choice choice = {
            .socket = option_value(invocation->options, "socket"),
            .url = option_value(invocation->options, "url"),
            .token_file = option_value(invocation->options, "token-file"),
    };

    return target_resolve(&choice, ret_target);
}

int command_connect(const struct invocation *invocation, struct broker_client **ret_broker) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    int error = command_target(invocation, &target);

    return error != 0 ? error : broker_client_open(&target, ret_broker);
}

void command_print_json(const struct broker_answer *answer) {
    output_json_line(answer->body.data, answer->body.len);
}

int command_print_version(const struct invocation *invocation, const struct broker_answer *answer) {
    struct secret_view view;
    int error;

    if (invocation->json) {
        command_print_json(answer);
        return GK_EXIT_DONE;
    }
    error = secret_view_read(answer->document, &view);
    if (error != 0) {
        return error;
    }
    output_shown("%s %lld", view.name, (long long)view.version);
    return GK_EXIT_DONE;
}

int command_each(const struct invocation *invocation, int (*act)(void *userdata, const char *name),
        void *userdata) {
    int first_failure = 0;

    for (size_t i = 0; i < invocation->argument_count; i++) {
        int error = act(userdata, invocation->arguments[i]);

        if (first_failure == 0) {
            first_failure = error;
        }
    }
    return first_failure;
}

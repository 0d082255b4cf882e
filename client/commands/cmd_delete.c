/* ghostctl delete: remove secrets, for good or so that they can be restored. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/duration_option.h"
#include "commands/name_choice.h"
#include "commands/secret_suggest.h"
#include "common/pattern.h"
#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/prompt.h"

#define ASKED_MAX 10 /* names that the question shows */

static const struct option_spec options[] = {
        {"recover", '\0', OPTION_TAKES_VALUE, "D", "they can be restored for so long: 7d, 1h30m"},
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "all names that begin with P"},
        {"yes", 'y', OPTION_TAKES_NOTHING, NULL, "do not ask"},
        {NULL},
};

struct deletion {
    const struct invocation *invocation;
    struct broker_client *broker;
    struct name_choice choice; /* without patterns and prefix: nothing is looked for */
    char **names;              /* arguments that are no patterns */
    size_t name_count;
};

static void deletion_deinit(struct deletion *deletion) {
    free((void *)deletion->choice.patterns);
    free(deletion->names);
}

/* Parts the arguments into names and patterns. */
static int read_arguments(const struct invocation *invocation, struct deletion *deletion) {
    size_t count = invocation->argument_count;
    char **patterns = heap_resize(NULL, count + 1, sizeof(*patterns));

    deletion->choice = (struct name_choice){
            .prefix = option_value(invocation->options, "prefix"), .patterns = patterns};
    deletion->names = heap_resize(NULL, count + 1, sizeof(*deletion->names));
    for (size_t i = 0; i < count; i++) {
        char *word = invocation->arguments[i];

        if (pattern_has_wildcard(word)) {
            patterns[deletion->choice.pattern_count++] = word;
        } else {
            deletion->names[deletion->name_count++] = word;
        }
    }
    if ((deletion->choice.prefix != NULL) == (count > 0)) {
        return command_usage(invocation->command, "give either names or --prefix");
    }
    return secret_name_check_all(deletion->names, deletion->name_count);
}

static int delete_one(const struct deletion *deletion, const char *name) {
    const char *recover = option_value(deletion->invocation->options, "recover");
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const char *gone_at;
    int error = broker_delete(deletion->broker, name, recover, &answer);

    if (error != 0) {
        return secret_suggest_after(error, deletion->broker, name);
    }
    gone_at = json_string_value(json_object_get(answer.document, "gone_at"));
    if (deletion->invocation->json) {
        command_print_json(&answer);
    } else if (gone_at != NULL) {
        output_shown("%s deleted, can be restored until %s", name, gone_at);
    } else {
        output_shown("%s deleted", name);
    }
    return GK_EXIT_DONE;
}

/* Asks whether to delete all of them; a NUL follows each name. */
static int confirm(const struct buffer *names) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;
    BUFFER_AUTO struct buffer question = BUFFER_NULL;
    size_t count = 0;

    for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1) {
        if (count++ < ASKED_MAX) {
            buffer_printf(&shown, "%s%s", count > 1 ? ", " : "", names->data + at);
        }
    }
    buffer_printf(&question, "delete %zu %s: %s", count, count == 1 ? "secret" : "secrets",
            buffer_string(&shown));
    if (count > ASKED_MAX) {
        buffer_printf(&question, " and %zu more", count - ASKED_MAX);
    }
    buffer_append_byte(&question, '?');
    return prompt_confirm(buffer_string(&question));
}

static bool is_among(const struct buffer *names, const char *name) {
    for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1) {
        if (strcmp(names->data + at, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The names that were typed, then those that were found and were not typed as well. */
static void join_names(
        const struct deletion *deletion, const struct buffer *found, struct buffer *names) {
    for (size_t i = 0; i < deletion->name_count; i++) {
        buffer_append(names, deletion->names[i], strlen(deletion->names[i]) + 1);
    }
    for (size_t at = 0; at < found->len; at += strlen(found->data + at) + 1) {
        const char *name = found->data + at;

        if (deletion->name_count == 0 || !is_among(names, name)) {
            buffer_append(names, name, strlen(name) + 1);
        }
    }
}

static int delete_all(const struct deletion *deletion, bool searches, bool asks) {
    BUFFER_AUTO struct buffer found = BUFFER_NULL;
    BUFFER_AUTO struct buffer names = BUFFER_NULL;
    int first_failure = 0;

    if (searches) {
        first_failure = name_choice_find(&deletion->choice, deletion->broker, NULL, &found);
        if (first_failure != 0 && first_failure != GK_EXIT_NOT_FOUND) {
            return first_failure;
        }
    }
    join_names(deletion, &found, &names);
    if (asks && found.len > 0) {
        int error = confirm(&names);

        if (error != 0) {
            return error;
        }
    }
    for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1) {
        int error = delete_one(deletion, names.data + at);

        first_failure = first_failure != 0 ? first_failure : error;
    }
    return first_failure;
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    GK_CLEANUP(deletion_deinit) struct deletion deletion = {.invocation = invocation};
    bool asks = !option_is_given(invocation->options, "yes");
    bool searches;
    json_auto_t *recover = NULL; /* judged here, and sent as it was typed */
    int error = name_choice_check(invocation);

    if (error != 0) {
        return error;
    }
    error = duration_option_read(invocation, "recover", 1, &recover);
    if (error != 0) {
        return error;
    }
    error = read_arguments(invocation, &deletion);
    if (error != 0) {
        return error;
    }
    searches = deletion.choice.prefix != NULL || deletion.choice.pattern_count > 0;
    if (searches && asks && !prompt_is_possible()) {
        return command_usage(invocation->command,
                "a pattern or --prefix may choose more than was meant: without a terminal to ask "
                "at, --yes is needed");
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    deletion.broker = broker;
    return delete_all(&deletion, searches, asks);
}

const struct command cmd_delete = {
        .name = "delete",
        .args = "NAME...",
        .summary = "Remove secrets.",
        .help = "A NAME with '?', '*' or '**' is a pattern: '?' is one byte and '*' any number,\n"
                "without '/'; '**' is any number of any. ghostctl then asks first; without a\n"
                "terminal, --yes is needed. Prints what it deleted. If one fails, the others are\n"
                "still removed; the exit status is that of the first that failed.",
        .example = "ghostctl delete --recover 7d 'old/*'",
        .options = options,
        .arguments_min = 0,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};

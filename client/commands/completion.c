#include "commands/completion.h"

#include <string.h>

#include "commands/help_topics.h"
#include "commands/strategy_words.h"
#include "env/env_format.h"

/* The options whose values are known; those that are called FILE or PATH take a file. */
static const struct {
    const char *option;
    const char *asked;  /* a KIND of words; NULL: not asked for */
    const char *listed; /* words, joined by blanks; NULL: completion_listed() knows them */
} values[] = {
        {"prefix", "prefixes", NULL},
        {"label", "labels", NULL},
        {"no-label", "label-names", NULL},
        {"version", "versions", NULL},
        {"stage", NULL, "current previous pending"},
        {"clock", NULL, "system virtual"},
        {"api", NULL, "aws vault vault,aws"},
        {"error", NULL, "forbidden internal not_found sealed throttled unavailable"},
        {"drop", NULL, "after before"},
        {"signal", NULL, "HUP INT QUIT TERM USR1 USR2 WINCH"},
        {"format", NULL, NULL},
        {"strategy", NULL, NULL},
};
#define VALUE_COUNT (sizeof(values) / sizeof(values[0]))
#define WORD_MAX_BYTES 32

/* The row of the option; VALUE_COUNT: it has none. */
static size_t row_of(const struct option_spec *option) {
    size_t row = 0;

    while (row < VALUE_COUNT && strcmp(values[row].option, option->name) != 0) {
        row++;
    }
    return row;
}

enum completion_kind completion_kind_of(const struct option_spec *option) {
    size_t row = row_of(option);

    if (option->takes == OPTION_TAKES_NOTHING) {
        return COMPLETION_NOTHING;
    }
    if (strcmp(option->value, "FILE") == 0 || strcmp(option->value, "PATH") == 0) {
        return COMPLETION_FILES;
    }
    if (row == VALUE_COUNT) {
        return COMPLETION_NOTHING;
    }
    return values[row].asked != NULL ? COMPLETION_ASKED : COMPLETION_LISTED;
}

const char *completion_asked(const struct option_spec *option) {
    return values[row_of(option)].asked;
}

/* The word number `index` of a text; NULL: it has fewer. */
static const char *word_at(const char *words, size_t index) {
    static char word[WORD_MAX_BYTES];
    size_t len;

    for (; index > 0; index--) {
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    len = strcspn(words, " ");
    if (len == 0 || len >= sizeof(word)) {
        return NULL;
    }
    memcpy(word, words, len);
    word[len] = '\0';
    return word;
}

const char *completion_listed(const struct option_spec *option, size_t index) {
    const char *listed = values[row_of(option)].listed;

    if (listed != NULL) {
        return word_at(listed, index);
    }
    if (strcmp(option->name, "format") == 0) {
        return env_format_at(index) != NULL ? env_format_at(index)->name : NULL;
    }
    return strategy_words_at(index) != NULL ? strategy_words_at(index)->name : NULL;
}

static size_t count_of(const struct command *const *commands) {
    size_t count = 0;

    while (commands[count] != NULL) {
        count++;
    }
    return count;
}

/* The arguments of `help` that are no commands. */
static const char *topic_at(size_t index, const char **ret_description) {
    const struct help_topic *topic;

    if (index == 0) {
        *ret_description = "the list of topics";
        return HELP_TOPICS;
    }
    topic = help_topic_at(index - 1);
    *ret_description = topic != NULL ? topic->summary : "";
    return topic != NULL ? topic->name : NULL;
}

const char *completion_argument(const struct command *const *commands,
        const struct command *command, size_t index, const char **ret_description) {
    size_t count = count_of(commands);

    *ret_description = "";
    if (command != NULL && command->completes == COMMAND_COMPLETES_WORDS) {
        return word_at(command->completion_words, index);
    }
    if (command != NULL && command->completes != COMMAND_COMPLETES_COMMANDS) {
        return NULL;
    }
    if (index < count) {
        *ret_description = commands[index]->summary;
        return commands[index]->name;
    }
    return command != NULL ? topic_at(index - count, ret_description) : NULL;
}

const char *completion_argument_kind(const struct command *command) {
    switch (command->completes) {
    case COMMAND_COMPLETES_SECRETS:
    case COMMAND_COMPLETES_SECRETS_PROGRAMS:
        return "names";
    case COMMAND_COMPLETES_DELETED:
        return "deleted";
    case COMMAND_COMPLETES_FAULTS:
        return "faults";
    case COMMAND_COMPLETES_FILES:
        return "files";
    case COMMAND_COMPLETES_PROGRAMS:
        return "programs";
    default:
        return NULL;
    }
}

void completion_append_valued(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        if (option->takes != OPTION_TAKES_VALUE) {
            continue;
        }
        buffer_printf(script, " --%s", option->name);
        if (option->letter != '\0') {
            buffer_printf(script, " -%c", option->letter);
        }
    }
}

static bool has_option(const struct option_spec *option, const char *name) {
    for (; option != NULL && option->name != NULL; option++) {
        if (option->takes != OPTION_TAKES_NOTHING && strcmp(option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void append_value(struct buffer *script, const struct option_spec *option) {
    enum completion_kind kind = completion_kind_of(option);
    const char *word;

    if (kind == COMPLETION_NOTHING) {
        return;
    }
    buffer_printf(script, "    --%s", option->name);
    if (option->letter != '\0') {
        buffer_printf(script, " | -%c", option->letter);
    }
    if (kind != COMPLETION_LISTED) {
        buffer_printf(script, ") kind=%s ;;\n",
                kind == COMPLETION_FILES ? "files" : completion_asked(option));
        return;
    }
    buffer_append_text(script, ") listed='");
    for (size_t i = 0; (word = completion_listed(option, i)) != NULL; i++) {
        buffer_printf(script, "%s%s", i > 0 ? " " : "", word);
    }
    buffer_append_text(script, "' ;;\n");
}

/* Of several options of one name only the first is appended: all of them are completed alike. */
void completion_append_values(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script, "_ghostctl_value() {\n    kind='' listed=''\n    case $1 in\n");
    for (const struct option_spec *option = command_global_options; option->name != NULL;
            option++) {
        append_value(script, option);
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct option_spec *option = commands[i]->options;

        for (; option != NULL && option->name != NULL; option++) {
            bool is_seen = has_option(command_global_options, option->name);

            for (size_t earlier = 0; earlier < i && !is_seen; earlier++) {
                is_seen = has_option(commands[earlier]->options, option->name);
            }
            if (!is_seen) {
                append_value(script, option);
            }
        }
    }
    buffer_append_text(script, "    esac\n}\n");
}

static void append_options(struct buffer *script, const struct completion_style *style,
        const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        style->append(script, "--", option->name, option->help);
    }
}

/* `command` NULL: what stands before a command. */
static void append_case(const struct command *const *commands, const struct command *command,
        const struct completion_style *style, struct buffer *script) {
    const struct option_spec *own = command != NULL ? command->options : NULL;
    const struct option_spec *global = command_global_options + (command != NULL);
    const char *kind = command != NULL ? completion_argument_kind(command) : NULL;
    bool has_program = command != NULL && command->completes == COMMAND_COMPLETES_SECRETS_PROGRAMS;
    const char *description;
    const char *word;

    buffer_printf(script, "    %s)\n        options=%s", command != NULL ? command->name : "''",
            style->begin);
    append_options(script, style, own);
    append_options(script, style, global);
    buffer_printf(script, "%s\n        valued='", style->end);
    completion_append_valued(script, own);
    completion_append_valued(script, global);
    buffer_printf(script, "'\n        %s=%s", style->arguments, style->begin);
    for (size_t i = 0; (word = completion_argument(commands, command, i, &description)) != NULL;
            i++) {
        style->append(script, "", word, description);
    }
    buffer_printf(script, "%s\n        kind=%s after=%s\n        ;;\n", style->end,
            kind != NULL ? kind : "''", has_program ? "programs" : "$kind");
}

void completion_append_commands(const struct command *const *commands,
        const struct completion_style *style, struct buffer *script) {
    buffer_append_text(script, "_ghostctl_command() {\n    case $command in\n");
    append_case(commands, NULL, style, script);
    for (size_t i = 0; commands[i] != NULL; i++) {
        append_case(commands, commands[i], style, script);
    }
    buffer_printf(script,
            "    *) options=%s%s valued='' %s=%s%s kind='' after='' ;;\n    esac\n}\n",
            style->begin, style->end, style->arguments, style->begin, style->end);
}

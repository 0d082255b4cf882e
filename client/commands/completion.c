#include "commands/completion.h"

#include <string.h>

#include "commands/help_topics.h"
#include "commands/strategy_words.h"
#include "common/fault_words.h"
#include "env/env_format.h"

static const char *const stages[] = {"current", "previous", "pending", NULL};
static const char *const clocks[] = {"system", "virtual", NULL};
static const char *const env_apis[] = {"aws", "ghostkey", "vault", "vault,aws", NULL};
static const char *const signals[] = {"HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH", NULL};

/* How the values of options are completed. (A value whose name is FILE or PATH is a file.) */
static const struct {
    const char *option;
    const char *kind;         /* the KIND to ask ghostctl for; NULL: none is asked for */
    const char *const *words; /* the words; NULL: completion_script_word() finds them */
    const char *value_name;   /* the row is only for a value of this name; NULL: for any */
} values[] = {
        {"prefix", "prefixes"},
        {"label", "labels"},
        {"no-label", "label-names"},
        {"version", "versions"},
        {"name", "names"},
        {"stage", NULL, stages},
        {"clock", NULL, clocks},
        {"api", NULL, env_apis, "APIS"},
        {"api", NULL, fault_words_apis, "A"},
        {"operation", NULL, fault_words_operations},
        {"error", NULL, fault_words_errors},
        {"drop", NULL, fault_words_drops},
        {"signal", NULL, signals},
        {"format"},
        {"strategy"},
};
#define VALUE_COUNT (sizeof(values) / sizeof(values[0]))
#define WORD_MAX_BYTES 32

/* The option's row in `values`; VALUE_COUNT: it has none. */
static size_t row_of(const struct option_spec *option) {
    size_t row = 0;

    if (option->takes == OPTION_TAKES_NOTHING) {
        return VALUE_COUNT;
    }
    while (row < VALUE_COUNT &&
            (strcmp(values[row].option, option->name) != 0 ||
                    (values[row].value_name != NULL &&
                            strcmp(values[row].value_name, option->value) != 0))) {
        row++;
    }
    return row;
}

enum completion_source completion_source_of(const struct option_spec *option) {
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
    return values[row].kind != NULL ? COMPLETION_GHOSTCTL : COMPLETION_SCRIPT;
}

const char *completion_word_kind(const struct option_spec *option) {
    return values[row_of(option)].kind;
}

/* The word number `index`, from 0, in a text; NULL: it has fewer. Valid until the next call. */
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

const char *completion_script_word(
        const struct option_spec *option, size_t index, const char **ret_description) {
    const char *const *words = values[row_of(option)].words;
    const struct env_format *format;
    const struct strategy_words *strategy;

    *ret_description = "";
    if (words != NULL) {
        return words[index];
    }
    if (strcmp(option->name, "format") == 0) {
        format = env_format_at(index);
        *ret_description = format != NULL ? format->readers : "";
        return format != NULL ? format->name : NULL;
    }
    strategy = strategy_words_at(index);
    *ret_description = strategy != NULL ? strategy->makes : "";
    return strategy != NULL ? strategy->name : NULL;
}

static size_t count_of(const struct command *const *commands) {
    size_t count = 0;

    while (commands[count] != NULL) {
        count++;
    }
    return count;
}

/* The arguments that `help` takes besides the names of commands. */
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

/* `command`: the case is for its option only; NULL: for that of any command. */
static void append_value(struct buffer *script, const char *command,
        const struct option_spec *option, const struct completion_style *style) {
    enum completion_source source = completion_source_of(option);
    const char *description;
    const char *word;

    if (source == COMPLETION_NOTHING) {
        return;
    }
    buffer_printf(script, "    %s' --%s'", command != NULL ? command : "*", option->name);
    if (option->letter != '\0') {
        buffer_printf(script, " | %s' -%c'", command != NULL ? command : "*", option->letter);
    }
    if (source != COMPLETION_SCRIPT) {
        buffer_printf(script, ") kind=%s ;;\n",
                source == COMPLETION_FILES ? "files" : completion_word_kind(option));
        return;
    }
    buffer_printf(script, ") listed=%s", style->begin);
    for (size_t i = 0; (word = completion_script_word(option, i, &description)) != NULL; i++) {
        style->append(script, "", word, description);
    }
    buffer_printf(script, "%s ;;\n", style->end);
}

/* Whether options of this name are completed differently by command. */
static bool depends_on_command(const struct option_spec *option) {
    size_t row = row_of(option);

    return row < VALUE_COUNT && values[row].value_name != NULL;
}

static void append_values_by_command(const struct command *const *commands,
        const struct completion_style *style, struct buffer *script) {
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct option_spec *option = commands[i]->options;

        for (; option != NULL && option->name != NULL; option++) {
            if (depends_on_command(option)) {
                append_value(script, commands[i]->name, option, style);
            }
        }
    }
}

/* An option that is completed alike in several commands is appended once. */
void completion_append_values(const struct command *const *commands,
        const struct completion_style *style, struct buffer *script) {
    buffer_printf(script,
            "_ghostctl_value() {\n    kind='' listed=%s%s\n    case \"$command $1\" in\n",
            style->begin, style->end);
    append_values_by_command(commands, style, script);
    for (const struct option_spec *option = command_global_options; option->name != NULL;
            option++) {
        append_value(script, NULL, option, style);
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct option_spec *option = commands[i]->options;

        for (; option != NULL && option->name != NULL; option++) {
            bool is_written =
                    depends_on_command(option) || has_option(command_global_options, option->name);

            for (size_t earlier = 0; earlier < i && !is_written; earlier++) {
                is_written = has_option(commands[earlier]->options, option->name);
            }
            if (!is_written) {
                append_value(script, NULL, option, style);
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

/* `command` NULL: the case where no command has been typed yet. */
static void append_case(const struct command *const *commands, const struct command *command,
        const struct completion_style *style, struct buffer *script) {
    const struct option_spec *own = command != NULL ? command->options : NULL;
    /* The first, --version, is taken only before a command. */
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

#include "completion.h"

#include <stdbool.h>
#include <string.h>

#include "command.h"
#include "env_format.h"

#define LIST_NAMES "ghostctl list 2>/dev/null | cut -d' ' -f1"
#define LIST_NAMES_FISH "ghostctl list 2>/dev/null | string split -f 1 ' '"

static void append_options(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        buffer_printf(script, " --%s", option->name);
    }
}

static void append_commands(struct buffer *script) {
    for (size_t i = 0; command_table[i] != NULL; i++) {
        buffer_printf(script, " %s", command_table[i]->name);
    }
}

static void append_formats(struct buffer *script) {
    for (size_t i = 0; env_format_at(i) != NULL; i++) {
        buffer_printf(script, " %s", env_format_at(i)->name);
    }
}

/* The words that a command's arguments are completed with, as a shell's words. */
static void append_arguments(struct buffer *script, const struct command *command) {
    switch (command->completes) {
    case COMMAND_COMPLETES_SECRETS:
        buffer_append_text(script, " $(" LIST_NAMES ")");
        break;
    case COMMAND_COMPLETES_WORDS:
        buffer_printf(script, " %s", command->completion_words);
        break;
    case COMMAND_COMPLETES_COMMANDS:
        append_commands(script);
        break;
    default:
        break;
    }
}

/* What bash and zsh share: `options` and `found`, the words there may be, for each command. */
static void append_cases(struct buffer *script) {
    buffer_append_text(script, "    case $command in\n    '')\n        options='");
    append_options(script, command_global_options);
    buffer_append_text(script, "'\n        found='");
    append_commands(script);
    buffer_append_text(script, "'\n        ;;\n");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const struct command *command = command_table[i];

        buffer_printf(script, "    %s)\n        options='", command->name);
        append_options(script, command->options);
        append_options(script, command_global_options + 1);
        buffer_append_text(script, "'\n        found=\"");
        append_arguments(script, command);
        buffer_append_text(script, "\"\n        ;;\n");
    }
    buffer_append_text(script, "    esac\n");
}

void completion_write_bash(struct buffer *script) {
    buffer_append_text(script,
            "# bash completion for ghostctl: source <(ghostctl completion bash)\n"
            "_ghostctl() {\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} command='' options='' found='' i\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        case ${COMP_WORDS[i]} in\n"
            "        --socket | --url | --token-file) ((i++)) ;;\n"
            "        -*) ;;\n"
            "        *)\n"
            "            command=${COMP_WORDS[i]}\n"
            "            break\n"
            "            ;;\n"
            "        esac\n"
            "    done\n");
    append_cases(script);
    buffer_append_text(script, "    case ${COMP_WORDS[COMP_CWORD - 1]} in\n"
                               "    --format) found='");
    append_formats(script);
    buffer_append_text(script,
            "' ;;\n"
            "    --socket | --token-file | --output | -o) found='' ;;\n"
            "    esac\n"
            "    [[ $current == -* ]] && found=$options\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$found\" -- \"$current\")\n"
            "}\n"
            "complete -o default -F _ghostctl ghostctl\n");
}

void completion_write_zsh(struct buffer *script) {
    buffer_append_text(script,
            "#compdef ghostctl\n"
            "# zsh completion for ghostctl: save it as _ghostctl in a folder of $fpath, or, after\n"
            "# compinit, source <(ghostctl completion zsh)\n"
            "_ghostctl() {\n"
            "    local command='' options='' found='' i\n"
            "    for ((i = 2; i < CURRENT; i++)); do\n"
            "        case ${words[i]} in\n"
            "        --socket | --url | --token-file) ((i++)) ;;\n"
            "        -*) ;;\n"
            "        *)\n"
            "            command=${words[i]}\n"
            "            break\n"
            "            ;;\n"
            "        esac\n"
            "    done\n");
    append_cases(script);
    buffer_append_text(script, "    case ${words[CURRENT-1]} in\n"
                               "    --format) found='");
    append_formats(script);
    buffer_append_text(script, "' ;;\n"
                               "    --socket | --token-file | --output | -o) found='' ;;\n"
                               "    esac\n"
                               "    if [[ ${words[CURRENT]} == -* ]]; then\n"
                               "        compadd -- ${=options}\n"
                               "    elif [[ -n $found ]]; then\n"
                               "        compadd -- ${=found}\n"
                               "    else\n"
                               "        _files\n"
                               "    fi\n"
                               "}\n"
                               "compdef _ghostctl ghostctl\n");
}

/* In '…', as fish has them. */
static void append_fish_text(struct buffer *script, const char *text) {
    buffer_append_byte(script, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            buffer_append_byte(script, '\\');
        }
        buffer_append_byte(script, *text);
    }
    buffer_append_byte(script, '\'');
}

/* A `complete` line; `command` NULL: for all of them. */
static void append_fish_option(
        struct buffer *script, const char *command, const struct option_spec *option) {
    bool is_format = strcmp(option->name, "format") == 0;

    buffer_append_text(script, "complete -c ghostctl");
    if (command != NULL) {
        buffer_printf(script, " -n '__fish_seen_subcommand_from %s'", command);
    }
    buffer_printf(script, " -l %s", option->name);
    if (option->letter != '\0') {
        buffer_printf(script, " -s %c", option->letter);
    }
    if (is_format) {
        buffer_append_text(script, " -x -a '");
        append_formats(script);
        buffer_append_byte(script, '\'');
    } else if (option->takes == OPTION_TAKES_VALUE) {
        buffer_append_text(script, " -r");
    }
    buffer_append_text(script, " -d ");
    append_fish_text(script, option->help);
    buffer_append_byte(script, '\n');
}

static void append_fish_arguments(struct buffer *script, const struct command *command) {
    AUTO_BUFFER words = {0};
    bool takes_files = command->completes == COMMAND_COMPLETES_FILES;

    buffer_append_text(&words, "");
    if (command->completes == COMMAND_COMPLETES_SECRETS) {
        buffer_append_text(&words, "(" LIST_NAMES_FISH ")");
    } else if (command->completes == COMMAND_COMPLETES_PROGRAMS) {
        buffer_append_text(&words, "(__fish_complete_subcommand)");
    } else {
        append_arguments(&words, command);
    }
    if (words.length == 0 && !takes_files) {
        return;
    }
    buffer_printf(
            script, "complete -c ghostctl -n '__fish_seen_subcommand_from %s'", command->name);
    buffer_append_text(script, takes_files ? " -F" : " -a ");
    if (!takes_files) {
        append_fish_text(script, words.data);
    }
    buffer_append_byte(script, '\n');
}

void completion_write_fish(struct buffer *script) {
    buffer_append_text(script, "# fish completion for ghostctl: ghostctl completion fish | source\n"
                               "complete -c ghostctl -f\n");
    for (const struct option_spec *option = command_global_options; option->name != NULL;
            option++) {
        append_fish_option(script, NULL, option);
    }
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const struct command *command = command_table[i];

        buffer_printf(
                script, "complete -c ghostctl -n __fish_use_subcommand -a %s -d ", command->name);
        append_fish_text(script, command->summary);
        buffer_append_byte(script, '\n');
        append_fish_arguments(script, command);
        for (const struct option_spec *option = command->options;
                option != NULL && option->name != NULL; option++) {
            append_fish_option(script, command->name, option);
        }
    }
}

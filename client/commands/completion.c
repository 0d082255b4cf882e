#include "commands/completion.h"

#include <string.h>

#include "command.h"
#include "env/env_format.h"

/* For bash and zsh: asks only for the names that begin as the word does. */
#define NAMES_FUNCTION \
    "_ghostctl_names() {\n" \
    "    ghostctl list --names --prefix \"$@\" 2>/dev/null\n" \
    "}\n" \
    "_ghostctl_deleted() {\n" \
    "    _ghostctl_names \"$1\" --deleted\n" \
    "}\n"

#define STAGES " current previous pending" /* of --stage */

static void append_options(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        buffer_printf(script, " --%s", option->name);
    }
}

/* Whether an option that takes a value takes the path of a file. */
static bool takes_file(const struct option_spec *option) {
    return strcmp(option->value, "FILE") == 0 || strcmp(option->value, "PATH") == 0;
}

/* The options whose value cannot be completed. */
static void append_plain(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        if (option->takes == OPTION_TAKES_VALUE && !takes_file(option) &&
                strcmp(option->name, "format") != 0 && strcmp(option->name, "stage") != 0) {
            buffer_printf(script, " --%s", option->name);
        }
    }
}

static void append_commands(const struct command *const *commands, struct buffer *script) {
    for (size_t i = 0; commands[i] != NULL; i++) {
        buffer_printf(script, " %s", commands[i]->name);
    }
}

/* The formats of the env file, each with a space before it. */
static void append_formats(struct buffer *script) {
    for (size_t i = 0; env_format_at(i) != NULL; i++) {
        buffer_printf(script, " %s", env_format_at(i)->name);
    }
}

/* The words that a command's arguments are completed with, as words of bash and zsh; or none. */
static void append_words(const struct command *const *commands, const struct command *command,
        struct buffer *script) {
    switch (command->completes) {
    case COMMAND_COMPLETES_SECRETS:
        buffer_append_text(script, " $(_ghostctl_names \"$current\")");
        break;
    case COMMAND_COMPLETES_DELETED:
        buffer_append_text(script, " $(_ghostctl_deleted \"$current\")");
        break;
    case COMMAND_COMPLETES_WORDS:
        buffer_printf(script, " %s", command->completion_words);
        break;
    case COMMAND_COMPLETES_COMMANDS:
        append_commands(commands, script);
        break;
    default:
        break;
    }
}

/*
 * For bash and zsh: sets the variables `options` of each command, `plain` (those of them whose
 * value cannot be completed) and `found` (the words that its arguments may be).
 */
static void append_cases(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script, "    case $command in\n    '')\n        options='");
    append_options(script, command_global_options);
    buffer_append_text(script, "'\n        plain='");
    append_plain(script, command_global_options);
    buffer_append_text(script, "'\n        found='");
    append_commands(commands, script);
    buffer_append_text(script, "'\n        ;;\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *command = commands[i];

        buffer_printf(script, "    %s)\n        options='", command->name);
        append_options(script, command->options);
        append_options(script, command_global_options + 1);
        buffer_append_text(script, "'\n        plain='");
        append_plain(script, command->options);
        append_plain(script, command_global_options);
        buffer_append_text(script, "'\n        found=\"");
        append_words(commands, command, script);
        buffer_append_text(script, "\"\n        ;;\n");
    }
    buffer_append_text(script, "    esac\n");
}

/* For bash and zsh: sets `program` to the place of the COMMAND of `run`; else to a large number. */
static void append_run(struct buffer *script, const char *word, const char *current) {
    buffer_printf(script,
            "    local program=9999\n"
            "    if [[ $command == run ]]; then\n"
            "        for ((i++; i < %s; i++)); do\n"
            "            case %s in\n"
            "            --)\n"
            "                ((i++))\n"
            "                break\n"
            "                ;;\n"
            "            -*) [[ \" $plain --socket --token-file \" == *\" %s \"* ]] && ((i++)) ;;\n"
            "            *) break ;;\n"
            "            esac\n"
            "        done\n"
            "        program=$i\n"
            "    fi\n",
            current, word, word);
}

void completion_write_bash(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script,
            "# bash completion for ghostctl: source <(ghostctl completion bash)\n" NAMES_FUNCTION
            "_ghostctl() {\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} command='' options='' found='' plain='' "
            "i\n"
            "    local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
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
    append_cases(commands, script);
    append_run(script, "${COMP_WORDS[i]}", "COMP_CWORD");
    buffer_append_text(script,
            "    COMPREPLY=()\n"
            "    if [[ $command == put && $2 == @* && $2 != '@~'* ]]; then\n"
            "        mapfile -t COMPREPLY < <(compgen -f -- \"${2#@}\")\n"
            "        for i in \"${!COMPREPLY[@]}\"; do\n"
            "            [[ -d ${COMPREPLY[i]} ]] && COMPREPLY[i]+=/ && compopt -o nospace\n"
            "            printf -v 'COMPREPLY[i]' @%q \"${COMPREPLY[i]}\"\n"
            "        done 2>/dev/null\n"
            "        return\n"
            "    fi\n"
            "    ((program < COMP_CWORD)) && return\n"
            "    if ((program == COMP_CWORD)) && [[ $current != -* || $previous == -- ]]; then\n"
            "        mapfile -t COMPREPLY < <(compgen -c -- \"$current\")\n"
            "        return\n"
            "    fi\n"
            "    if [[ \" $plain \" == *\" $previous \"* ]]; then\n"
            "        compopt +o default 2>/dev/null\n"
            "        return\n"
            "    fi\n"
            "    case $previous in\n"
            "    --format) found='");
    append_formats(script);
    buffer_append_text(script,
            "' ;;\n"
            "    --stage) found='" STAGES "' ;;\n"
            "    --socket | --token-file | --values | --output | -o) found='' ;;\n"
            "    esac\n"
            "    [[ $current == -* ]] && found=$options\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$found\" -- \"$current\")\n"
            "}\n"
            "complete -o default -F _ghostctl ghostctl\n");
}

void completion_write_zsh(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script,
            "#compdef ghostctl\n"
            "# zsh completion for ghostctl: save it as _ghostctl in a folder of $fpath, or, after\n"
            "# compinit, source <(ghostctl completion zsh)\n" NAMES_FUNCTION "_ghostctl() {\n"
            "    local command='' options='' found='' plain='' i is_option=0 "
            "current=${words[CURRENT]}\n"
            "    [[ ${words[CURRENT]} == -* && ${words[CURRENT-1]} != -- ]] && is_option=1\n"
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
    append_cases(commands, script);
    append_run(script, "${words[i]}", "CURRENT");
    buffer_append_text(script,
            "    if ((program < CURRENT || (program == CURRENT && !is_option))); then\n"
            "        shift $((program - 1)) words\n"
            "        ((CURRENT -= program - 1))\n"
            "        _normal\n"
            "        return\n"
            "    fi\n"
            "    [[ \" $plain \" == *\" ${words[CURRENT-1]} \"* ]] && return\n"
            "    case ${words[CURRENT-1]} in\n"
            "    --format) found='");
    append_formats(script);
    buffer_append_text(script,
            "' ;;\n"
            "    --stage) found='" STAGES "' ;;\n"
            "    --socket | --token-file | --values | --output | -o) found='' ;;\n"
            "    esac\n"
            "    if [[ $command == put ]] && compset -P @; then\n"
            "        _files\n"
            "    elif [[ ${words[CURRENT]} == -* ]]; then\n"
            "        compadd -- ${=options}\n"
            "    elif [[ -n $found ]]; then\n"
            "        compadd -- ${=found}\n"
            "    else\n"
            "        _files\n"
            "    fi\n"
            "}\n"
            "compdef _ghostctl ghostctl\n");
}

/* fish has a language of its own. */
#define LIST_NAMES_FISH "ghostctl list --names --prefix (commandline -ct) 2>/dev/null"
#define LIST_DELETED_FISH "ghostctl list --names --deleted --prefix (commandline -ct) 2>/dev/null"

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
    bool is_stage = strcmp(option->name, "stage") == 0;

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
    } else if (is_stage) {
        buffer_append_text(script, " -x -a '" STAGES "'");
    } else if (option->takes == OPTION_TAKES_VALUE) {
        buffer_append_text(script, takes_file(option) ? " -r -F" : " -x");
    }
    buffer_append_text(script, " -d ");
    append_fish_text(script, option->help);
    buffer_append_byte(script, '\n');
}

static void append_fish_arguments(const struct command *const *commands,
        const struct command *command, struct buffer *script) {
    BUFFER_AUTO struct buffer words = BUFFER_NULL;
    bool takes_files = command->completes == COMMAND_COMPLETES_FILES;

    buffer_append_text(&words, "");
    if (command->completes == COMMAND_COMPLETES_SECRETS) {
        buffer_append_text(&words, "(" LIST_NAMES_FISH ")");
    } else if (command->completes == COMMAND_COMPLETES_DELETED) {
        buffer_append_text(&words, "(" LIST_DELETED_FISH ")");
    } else if (command->completes == COMMAND_COMPLETES_PROGRAMS) {
        buffer_append_text(&words, "(__ghostctl_program)");
    } else {
        append_words(commands, command, &words);
    }
    if (words.len == 0 && !takes_files) {
        return;
    }
    buffer_printf(
            script, "complete -c ghostctl -n '__fish_seen_subcommand_from %s'", command->name);
    buffer_append_text(script, takes_files ? " -F" : " -a ");
    if (!takes_files) {
        append_fish_text(script, buffer_string(&words));
    }
    buffer_append_byte(script, '\n');
}

void completion_write_fish(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script, "# fish completion for ghostctl: ghostctl completion fish | source\n"
                               "complete -c ghostctl -f\n"
                               "function __ghostctl_program\n"
                               "    set -l words (commandline -opc) (commandline -ct)\n"
                               "    while set -q words[1]; and test \"$words[1]\" != run\n"
                               "        set -e words[1]\n"
                               "    end\n"
                               "    set -e words[1]\n"
                               "    while set -q words[2]\n"
                               "        switch $words[1]\n"
                               "            case --\n"
                               "                set -e words[1]\n"
                               "                break\n"
                               "            case --prefix --signal --socket --url --token-file\n"
                               "                set -e words[1..2]\n"
                               "            case '-*'\n"
                               "                set -e words[1]\n"
                               "            case '*'\n"
                               "                break\n"
                               "        end\n"
                               "    end\n"
                               "    set -q words[1]; and complete -C (string join ' ' -- $words)\n"
                               "end\n"
                               "function __ghostctl_at_file\n"
                               "    set -l word (commandline -ct)\n"
                               "    string match -q '@*' -- $word\n"
                               "    and __fish_complete_path (string sub -s 2 -- $word) | "
                               "string replace -r '^' '@'\n"
                               "end\n"
                               "complete -c ghostctl -n '__fish_seen_subcommand_from put' "
                               "-a '(__ghostctl_at_file)'\n");
    for (const struct option_spec *option = command_global_options; option->name != NULL;
            option++) {
        append_fish_option(script, NULL, option);
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *command = commands[i];

        buffer_printf(
                script, "complete -c ghostctl -n __fish_use_subcommand -a %s -d ", command->name);
        append_fish_text(script, command->summary);
        buffer_append_byte(script, '\n');
        append_fish_arguments(commands, command, script);
        for (const struct option_spec *option = command->options;
                option != NULL && option->name != NULL; option++) {
            append_fish_option(script, command->name, option);
        }
    }
}

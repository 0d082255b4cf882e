#include "commands/completion_internal.h"

#include <string.h>

#include "env/env_format.h"

/* For bash and zsh: the names that begin as the word does, for no more are asked for. */
#define NAMES_FUNCTION \
    "_ghostctl_names() {\n" \
    "    ghostctl list --prefix \"$1\" 2>/dev/null | cut -d' ' -f1\n" \
    "}\n"

static void append_options(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        buffer_printf(script, " --%s", option->name);
    }
}

bool completion_is_for_file(const struct option_spec *option) {
    return strcmp(option->value, "FILE") == 0 || strcmp(option->value, "PATH") == 0;
}

/* Those that take a value for which there is nothing to offer. */
static void append_plain(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        if (option->takes == OPTION_TAKES_VALUE && !completion_is_for_file(option) &&
                strcmp(option->name, "format") != 0) {
            buffer_printf(script, " --%s", option->name);
        }
    }
}

static void append_commands(struct buffer *script) {
    for (size_t i = 0; command_table[i] != NULL; i++) {
        buffer_printf(script, " %s", command_table[i]->name);
    }
}

void completion_append_formats(struct buffer *script) {
    for (size_t i = 0; env_format_at(i) != NULL; i++) {
        buffer_printf(script, " %s", env_format_at(i)->name);
    }
}

void completion_append_words(struct buffer *script, const struct command *command) {
    switch (command->completes) {
    case COMMAND_COMPLETES_SECRETS:
        buffer_append_text(script, " $(_ghostctl_names \"$current\")");
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

/*
 * What bash and zsh share: for each command its `options`, those of them that are `plain`, and
 * `found`, the words there may be.
 */
static void append_cases(struct buffer *script) {
    buffer_append_text(script, "    case $command in\n    '')\n        options='");
    append_options(script, command_global_options);
    buffer_append_text(script, "'\n        plain='");
    append_plain(script, command_global_options);
    buffer_append_text(script, "'\n        found='");
    append_commands(script);
    buffer_append_text(script, "'\n        ;;\n");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const struct command *command = command_table[i];

        buffer_printf(script, "    %s)\n        options='", command->name);
        append_options(script, command->options);
        append_options(script, command_global_options + 1);
        buffer_append_text(script, "'\n        plain='");
        append_plain(script, command->options);
        append_plain(script, command_global_options);
        buffer_append_text(script, "'\n        found=\"");
        completion_append_words(script, command);
        buffer_append_text(script, "\"\n        ;;\n");
    }
    buffer_append_text(script, "    esac\n");
}

/* For bash and zsh: `program`, where what `run` is to run stands; far away for other commands. */
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

void completion_write_bash(struct buffer *script) {
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
    append_cases(script);
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
    completion_append_formats(script);
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
    append_cases(script);
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
    completion_append_formats(script);
    buffer_append_text(script, "' ;;\n"
                               "    --socket | --token-file | --output | -o) found='' ;;\n"
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

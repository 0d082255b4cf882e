/* Completion for bash. */
#include "commands/completion.h"

/* bash parts words at '=' and '@', too; the script parts the line at blanks alone. */
static const char begin[] =
        "_ghostctl() {\n"
        "    local line=${COMP_LINE:0:COMP_POINT} current='' command='' option='' ended='' "
        "stem=''\n"
        "    local options='' valued='' kind='' listed='' i\n"
        "    local -a words=() given=() place=() found=()\n"
        "    COMPREPLY=()\n"
        "    read -ra words <<<\"$line\"\n"
        "    if [[ $line != *[[:space:]] ]]; then\n"
        "        current=${words[-1]}\n"
        "        unset 'words[-1]'\n"
        "    fi\n"
        "    _ghostctl_command\n"
        "    for ((i = 1; i < ${#words[@]}; i++)); do\n"
        "        if [[ -z $ended && ${words[i]} == -- ]]; then\n"
        "            ended=1\n"
        "        elif [[ -z $ended && \" $valued \" == *\" ${words[i]} \"* ]]; then\n"
        "            option=${words[i]}\n"
        "            ((i + 1 < ${#words[@]})) || break\n"
        "            case $option in\n"
        "            --socket | --url | --token-file) place+=(\"$option\" \"${words[i + 1]}\") ;;\n"
        "            esac\n"
        "            option=''\n"
        "            ((i++))\n"
        "        elif [[ -z $ended && ${words[i]} == -* ]]; then\n"
        "            :\n"
        "        elif [[ -z $command ]]; then\n"
        "            command=${words[i]}\n"
        "            _ghostctl_command\n"
        "        else\n"
        "            given+=(\"${words[i]}\")\n"
        "            [[ $kind == programs ]] && break\n"
        "        fi\n"
        "    done\n";

static const char files_and_programs[] =
        "    if [[ $kind == programs && -z $option &&\n"
        "        (-n $ended || ${#given[@]} -gt 0 || $current != -*) ]]; then\n"
        "        ((${#given[@]} == 0)) && mapfile -t COMPREPLY < <(compgen -c -- \"$current\")\n"
        "        return\n"
        "    fi\n"
        "    if [[ $command == put && -z $option && $2 == @* && $2 != '@~'* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"${2#@}\")\n"
        "        for i in \"${!COMPREPLY[@]}\"; do\n"
        "            [[ -d ${COMPREPLY[i]} ]] && COMPREPLY[i]+=/ && compopt -o nospace\n"
        "            printf -v 'COMPREPLY[i]' @%q \"${COMPREPLY[i]}\"\n"
        "        done 2>/dev/null\n"
        "        return\n"
        "    fi\n";

static const char end[] =
        "    if [[ -z $option && -z $ended && $current == --*=* ]]; then\n"
        "        option=${current%%=*}\n"
        "        stem=$option=\n"
        "    fi\n"
        "    if [[ -n $option ]]; then\n"
        "        _ghostctl_value \"$option\"\n"
        "    elif [[ -z $ended && $current == -* ]]; then\n"
        "        kind='' listed=$options\n"
        "    fi\n"
        "    [[ $kind == files ]] && return\n"
        "    compopt +o default 2>/dev/null\n"
        "    read -ra found <<<\"$listed\"\n"
        "    if [[ -n $kind ]]; then\n"
        "        mapfile -t found < <(ghostctl \"${place[@]}\" completion words \"$kind\" -- \\\n"
        "            \"${current#\"$stem\"}\" \"${given[@]}\" 2>/dev/null)\n"
        "    fi\n"
        "    [[ $kind == prefixes ]] && compopt -o nospace 2>/dev/null\n"
        "    for i in \"${found[@]}\"; do\n"
        "        i=$stem${i%%$'\\t'*}\n"
        "        [[ $i == \"$current\"* ]] || continue\n"
        "        printf -v i %q \"${i#\"${current%\"$2\"}\"}\"\n"
        "        COMPREPLY+=(\"$i\")\n"
        "    done\n"
        "}\n"
        "complete -o default -F _ghostctl ghostctl\n";

static void append_options(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        buffer_printf(script, " --%s", option->name);
    }
}

/* `command` NULL: what stands before a command. */
static void append_case(const struct command *const *commands, const struct command *command,
        struct buffer *script) {
    const struct option_spec *own = command != NULL ? command->options : NULL;
    const struct option_spec *global = command_global_options + (command != NULL);
    const char *kind = command != NULL ? completion_argument_kind(command) : NULL;
    const char *description;
    const char *word;

    buffer_printf(script, "    %s)\n        options='", command != NULL ? command->name : "''");
    append_options(script, own);
    append_options(script, global);
    buffer_append_text(script, "'\n        valued='");
    completion_append_valued(script, own);
    completion_append_valued(script, global);
    buffer_append_text(script, "'\n        listed='");
    for (size_t i = 0; (word = completion_argument(commands, command, i, &description)) != NULL;
            i++) {
        buffer_printf(script, " %s", word);
    }
    buffer_printf(script, "'\n        kind=%s\n        ;;\n", kind != NULL ? kind : "''");
}

void completion_write_bash(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script,
            "# bash completion for ghostctl: source <(ghostctl completion bash)\n"
            "_ghostctl_command() {\n    case $command in\n");
    append_case(commands, NULL, script);
    for (size_t i = 0; commands[i] != NULL; i++) {
        append_case(commands, commands[i], script);
    }
    buffer_append_text(script, "    *) options='' valued='' listed='' kind='' ;;\n    esac\n}\n");
    completion_append_values(commands, script);
    buffer_append_text(script, begin);
    buffer_append_text(script, files_and_programs);
    buffer_append_text(script, end);
}

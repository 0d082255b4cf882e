/* Completion for zsh: each word has its description. */
#include "commands/completion.h"

static const char begin[] =
        "_ghostctl() {\n"
        "    local command='' option='' ended='' kind='' valued='' listed='' word i\n"
        "    local current=${words[CURRENT]}\n"
        "    local -a options arguments given place found\n"
        "    _ghostctl_command\n"
        "    for ((i = 2; i < CURRENT; i++)); do\n"
        "        word=${words[i]}\n"
        "        if [[ -z $ended && $word == -- ]]; then\n"
        "            ended=1\n"
        "        elif [[ -z $ended && \" $valued \" == *\" $word \"* ]]; then\n"
        "            option=$word\n"
        "            ((i + 1 < CURRENT)) || break\n"
        "            case $option in\n"
        "            --socket | --url | --token-file) place+=(\"$option\" \"${words[i + 1]}\") ;;\n"
        "            esac\n"
        "            option=''\n"
        "            ((i++))\n"
        "        elif [[ -z $ended && $word == -* ]]; then\n"
        "            :\n"
        "        elif [[ -z $command ]]; then\n"
        "            command=$word\n"
        "            _ghostctl_command\n"
        "        else\n"
        "            given+=(\"$word\")\n"
        "            [[ $kind == programs ]] && break\n"
        "        fi\n"
        "    done\n";

static const char end[] =
        "    if [[ $kind == programs && -z $option &&\n"
        "        (-n $ended || ${#given} -gt 0 || $current != -*) ]]; then\n"
        "        ((${#given})) || i=$CURRENT\n"
        "        shift $((i - 1)) words\n"
        "        ((CURRENT -= i - 1))\n"
        "        _normal\n"
        "        return\n"
        "    fi\n"
        "    if [[ -z $option && -z $ended && $current == --*=* ]]; then\n"
        "        option=${current%%=*}\n"
        "        current=${current#*=}\n"
        "        compset -P '*='\n"
        "    fi\n"
        "    if [[ -n $option ]]; then\n"
        "        _ghostctl_value \"$option\"\n"
        "        arguments=(${=listed})\n"
        "    elif [[ -z $ended && $current == -* ]]; then\n"
        "        _describe -o option options\n"
        "        return\n"
        "    elif [[ $command == put ]] && compset -P @; then\n"
        "        kind=files\n"
        "    fi\n"
        "    case $kind in\n"
        "    files) _files ;;\n"
        "    '') ((${#arguments})) && _describe argument arguments ;;\n"
        "    *)\n"
        "        found=(\"${(@f)$(ghostctl \"${(@)place}\" completion words $kind -- \"$current\" "
        "\"${(@)given}\" 2>/dev/null)}\")\n"
        "        found=(\"${(@)found//:/\\\\:}\")\n"
        "        found=(\"${(@)found/$'\\t'/:}\")\n"
        "        [[ -z ${found[1]} ]] && return 1\n"
        "        if [[ $kind == prefixes ]]; then\n"
        "            _describe word found -S ''\n"
        "        else\n"
        "            _describe word found\n"
        "        fi\n"
        "        ;;\n"
        "    esac\n"
        "}\n"
        "if [[ ${funcstack[1]} == _ghostctl ]]; then\n"
        "    _ghostctl \"$@\"\n"
        "else\n"
        "    compdef _ghostctl ghostctl\n"
        "fi\n";

/* " '--name:what it is'", in quotes. */
static void append_described(
        struct buffer *script, const char *dashes, const char *word, const char *description) {
    buffer_printf(script, " '%s%s:", dashes, word);
    for (; *description != '\0'; description++) {
        if (*description == '\'') {
            buffer_append_text(script, "'\\'");
        }
        buffer_append_byte(script, *description);
    }
    buffer_append_byte(script, '\'');
}

static void append_options(struct buffer *script, const struct option_spec *option) {
    for (; option != NULL && option->name != NULL; option++) {
        append_described(script, "--", option->name, option->help);
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

    buffer_printf(script, "    %s)\n        options=(", command != NULL ? command->name : "''");
    append_options(script, own);
    append_options(script, global);
    buffer_append_text(script, ")\n        valued='");
    completion_append_valued(script, own);
    completion_append_valued(script, global);
    buffer_append_text(script, "'\n        arguments=(");
    for (size_t i = 0; (word = completion_argument(commands, command, i, &description)) != NULL;
            i++) {
        append_described(script, "", word, description);
    }
    buffer_printf(script, ")\n        kind=%s\n        ;;\n", kind != NULL ? kind : "''");
}

void completion_write_zsh(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script,
            "#compdef ghostctl\n"
            "# zsh completion for ghostctl: save it as _ghostctl in a folder of $fpath, or, after\n"
            "# compinit, source <(ghostctl completion zsh)\n"
            "_ghostctl_command() {\n    case $command in\n");
    append_case(commands, NULL, script);
    for (size_t i = 0; commands[i] != NULL; i++) {
        append_case(commands, commands[i], script);
    }
    buffer_append_text(
            script, "    *) options=() valued='' arguments=() kind='' ;;\n    esac\n}\n");
    completion_append_values(commands, script);
    buffer_append_text(script, begin);
    buffer_append_text(script, end);
}

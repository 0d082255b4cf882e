/* The completion script for zsh, which shows a description beside each word. */
#include "commands/completion.h"

/*
 * Reads the words before the cursor: `command`, its arguments in `given`, `option` if its value is
 * being typed, `ended` after a `--`, and in `place` the options that say where the daemon is.
 */
static const char read_line[] =
        "_ghostctl() {\n"
        "    local command='' option='' ended='' kind='' after='' valued='' word i\n"
        "    local current=${words[CURRENT]}\n"
        "    local -a options arguments given place found listed\n"
        "    _ghostctl_command\n"
        "    for ((i = 2; i < CURRENT; i++)); do\n"
        "        word=${words[i]}\n"
        "        if [[ -z $ended && $word == -- ]]; then\n"
        "            ended=1\n"
        "            [[ $kind == \"$after\" ]] || given=()\n"
        "            kind=$after\n"
        "        elif [[ -z $ended && \" $valued \" == *\" $word \"* ]]; then\n"
        "            option=$word\n"
        "            ((i + 1 < CURRENT)) || break\n"
        "            case $option in\n"
        "            --socket | --url | --token-file) place+=(\"$option\" \"${words[i + 1]}\") ;;\n"
        "            esac\n"
        "            option=''\n"
        "            ((i++))\n"
        "        elif [[ -z $ended && $word == -* ]]; then\n"
        "            case $word in\n"
        "            --socket=* | --url=* | --token-file=*) place+=(\"$word\") ;;\n"
        "            esac\n"
        "        elif [[ -z $command ]]; then\n"
        "            command=$word\n"
        "            _ghostctl_command\n"
        "        else\n"
        "            given+=(\"$word\")\n"
        "            [[ $kind == programs ]] && break\n"
        "        fi\n"
        "    done\n";

/* Offers the words that can stand at the cursor. */
static const char offer_words[] =
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
        "        arguments=(\"${listed[@]}\")\n"
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

/* Appends a blank and '--name:description', with the quotes. */
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

void completion_write_zsh(const struct command *const *commands, struct buffer *script) {
    static const struct completion_style style = {
            .arguments = "arguments", .begin = "(", .end = ")", .append = append_described};

    buffer_append_text(script,
            "#compdef ghostctl\n"
            "# zsh completion for ghostctl: save it as _ghostctl in a folder of $fpath, or, after\n"
            "# compinit, source <(ghostctl completion zsh)\n");
    completion_append_commands(commands, &style, script);
    completion_append_values(commands, &style, script);
    buffer_append_text(script, read_line);
    buffer_append_text(script, offer_words);
}

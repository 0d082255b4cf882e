/* The completion script for bash. */
#include "commands/completion.h"

/*
 * Reads the words before the cursor. completion_zsh.c explains the variables, but for `stem`: the
 * `--option=` before a value. bash splits words also at '=', ':' and '@', so the script splits the
 * line itself, at blanks only.
 */
static const char read_line[] =
        "_ghostctl() {\n"
        "    local line=${COMP_LINE:0:COMP_POINT} current='' command='' option='' ended='' "
        "stem=''\n"
        "    local options='' valued='' kind='' after='' listed='' i\n"
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
        "            [[ $kind == \"$after\" ]] || given=()\n"
        "            kind=$after\n"
        "        elif [[ -z $ended && \" $valued \" == *\" ${words[i]} \"* ]]; then\n"
        "            option=${words[i]}\n"
        "            ((i + 1 < ${#words[@]})) || break\n"
        "            case $option in\n"
        "            --socket | --url | --token-file) place+=(\"$option\" \"${words[i + 1]}\") ;;\n"
        "            esac\n"
        "            option=''\n"
        "            ((i++))\n"
        "        elif [[ -z $ended && ${words[i]} == -* ]]; then\n"
        "            case ${words[i]} in\n"
        "            --socket=* | --url=* | --token-file=*) place+=(\"${words[i]}\") ;;\n"
        "            esac\n"
        "        elif [[ -z $command ]]; then\n"
        "            command=${words[i]}\n"
        "            _ghostctl_command\n"
        "        else\n"
        "            given+=(\"${words[i]}\")\n"
        "            [[ $kind == programs ]] && break\n"
        "        fi\n"
        "    done\n";

/* Offers programs, and files after an `@`. */
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

/* Offers the words that can stand at the cursor. */
static const char offer_words[] =
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

static void append_word(
        struct buffer *script, const char *dashes, const char *word, const char *description) {
    (void)description; /* bash shows none */
    buffer_printf(script, " %s%s", dashes, word);
}

void completion_write_bash(const struct command *const *commands, struct buffer *script) {
    static const struct completion_style style = {
            .arguments = "listed", .begin = "'", .end = "'", .append = append_word};

    buffer_append_text(
            script, "# bash completion for ghostctl: source <(ghostctl completion bash)\n");
    completion_append_commands(commands, &style, script);
    completion_append_values(commands, &style, script);
    buffer_append_text(script, read_line);
    buffer_append_text(script, files_and_programs);
    buffer_append_text(script, offer_words);
}

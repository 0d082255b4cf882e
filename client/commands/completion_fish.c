/* The script for fish, whose language is its own. */
#include "commands/completion_internal.h"

#include <string.h>

#define LIST_NAMES_FISH \
    "ghostctl list --prefix (commandline -ct) 2>/dev/null | string split -f 1 ' '"

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
        completion_append_formats(script);
        buffer_append_byte(script, '\'');
    } else if (option->takes == OPTION_TAKES_VALUE) {
        buffer_append_text(script, completion_is_for_file(option) ? " -r -F" : " -x");
    }
    buffer_append_text(script, " -d ");
    append_fish_text(script, option->help);
    buffer_append_byte(script, '\n');
}

static void append_fish_arguments(struct buffer *script, const struct command *command) {
    BUFFER_AUTO struct buffer words = BUFFER_NULL;
    bool takes_files = command->completes == COMMAND_COMPLETES_FILES;

    buffer_append_text(&words, "");
    if (command->completes == COMMAND_COMPLETES_SECRETS) {
        buffer_append_text(&words, "(" LIST_NAMES_FISH ")");
    } else if (command->completes == COMMAND_COMPLETES_PROGRAMS) {
        buffer_append_text(&words, "(__ghostctl_program)");
    } else {
        completion_append_words(&words, command);
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

void completion_write_fish(struct buffer *script) {
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

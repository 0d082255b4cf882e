/* Completion for fish: each word has its description. fish parts the line and filters by itself. */
#include "commands/completion.h"

static const char begin[] =
        "# fish completion for ghostctl: ghostctl completion fish | source\n"
        "complete -c ghostctl -f\n"
        "function __ghostctl_is\n" /* whether that is the command: a later word may be named so */
        "    set -l words (commandline -opc)\n"
        "    set -e words[1]\n"
        "    while string match -q -- '-*' $words[1]\n"
        "        contains -- $words[1] --socket --url --token-file\n"
        "        and set -e words[2]\n"
        "        set -e words[1]\n"
        "    end\n"
        "    test \"$words[1]\" = $argv[1]\n"
        "end\n"
        "function __ghostctl_words\n"
        "    set -l words (commandline -opc)\n"
        "    set -l place\n"
        "    for i in (seq 2 (count $words))\n"
        "        contains -- $words[$i] --socket --url --token-file\n"
        "        and set -a place $words[$i..(math $i + 1)]\n"
        "        string match -qr -- '^--(socket|url|token-file)=' $words[$i]\n"
        "        and set -a place $words[$i]\n"
        "    end\n"
        "    ghostctl $place completion words $argv[1] -- (commandline -ct) $words[2..] "
        "2>/dev/null\n"
        "end\n";

/* The program that a command runs, with its arguments. */
static const char program_begin[] = "function __ghostctl_program\n"
                                    "    set -l words (commandline -opc) (commandline -ct)\n"
                                    "    while set -q words[1]; and not contains -- $words[1]";
static const char program_middle[] = "\n"
                                     "        set -e words[1]\n"
                                     "    end\n"
                                     "    set -e words[1]\n"
                                     "    while set -q words[2]\n"
                                     "        switch $words[1]\n"
                                     "            case --\n"
                                     "                set -e words[1]\n"
                                     "                break\n"
                                     "            case";
static const char program_end[] = "\n"
                                  "                set -e words[1..2]\n"
                                  "            case '-*'\n"
                                  "                set -e words[1]\n"
                                  "            case '*'\n"
                                  "                break\n"
                                  "        end\n"
                                  "    end\n"
                                  "    set -q words[1]; and string match -qr -- '^[^-]' $words[1]\n"
                                  "    and complete -C (string join ' ' -- $words)\n"
                                  "end\n";

/* The same behind a `--` alone, for a command whose own arguments are secrets. */
static const char program_after[] =
        "function __ghostctl_program_after\n"
        "    set -l words (commandline -opc) (commandline -ct)\n"
        "    while set -q words[1]; and test $words[1] != --\n"
        "        set -e words[1]\n"
        "    end\n"
        "    set -e words[1]\n"
        "    set -q words[1]; and string match -qr -- '^[^-]' $words[1]\n"
        "    and complete -C (string join ' ' -- $words)\n"
        "end\n"
        "function __ghostctl_is_before\n"
        "    not contains -- -- (commandline -opc)\n"
        "end\n";

static const char at_file[] =
        "function __ghostctl_at_file\n"
        "    set -l word (commandline -ct)\n"
        "    string match -q '@*' -- $word\n"
        "    and __fish_complete_path (string sub -s 2 -- $word) | string replace -r '^' '@'\n"
        "end\n"
        "complete -c ghostctl -n '__ghostctl_is put' -a '(__ghostctl_at_file)'\n";

/* In '…', as fish has them. */
static void append_text(struct buffer *script, const char *text) {
    buffer_append_byte(script, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            buffer_append_byte(script, '\\');
        }
        buffer_append_byte(script, *text);
    }
    buffer_append_byte(script, '\'');
}

static void append_values(struct buffer *script, const struct option_spec *option) {
    BUFFER_AUTO struct buffer words = BUFFER_NULL;
    const char *description;
    const char *word;

    switch (completion_source_of(option)) {
    case COMPLETION_FILES:
        buffer_append_text(script, " -r -F");
        break;
    case COMPLETION_GHOSTCTL:
        buffer_printf(script, " -x -a '(__ghostctl_words %s)'", completion_word_kind(option));
        break;
    case COMPLETION_SCRIPT:
        for (size_t i = 0; (word = completion_script_word(option, i, &description)) != NULL; i++) {
            buffer_printf(&words, "%s%s", i > 0 ? " " : "", word);
            if (description[0] != '\0') {
                buffer_append_text(&words, "\\t");
                append_text(&words, description); /* in quotes in quotes */
            }
        }
        buffer_append_text(script, " -x -a ");
        append_text(script, buffer_string(&words));
        break;
    case COMPLETION_NOTHING:
        buffer_append_text(script, option->takes == OPTION_TAKES_VALUE ? " -x" : "");
        break;
    }
}

/* `command` NULL: for all of them. */
static void append_option(
        struct buffer *script, const char *command, const struct option_spec *option) {
    buffer_append_text(script, "complete -c ghostctl");
    if (command != NULL) {
        buffer_printf(script, " -n '__ghostctl_is %s'", command);
    }
    buffer_printf(script, " -l %s", option->name);
    if (option->letter != '\0') {
        buffer_printf(script, " -s %c", option->letter);
    }
    append_values(script, option);
    buffer_append_text(script, " -d ");
    append_text(script, option->help);
    buffer_append_byte(script, '\n');
}

static void append_argument(
        struct buffer *script, const char *command, const char *words, const char *description) {
    buffer_printf(script, "complete -c ghostctl -n '__ghostctl_is %s'", command);
    if (words == NULL) {
        buffer_append_text(script, " -F\n");
        return;
    }
    buffer_printf(script, " -a '%s'", words);
    if (description[0] != '\0') {
        buffer_append_text(script, " -d ");
        append_text(script, description);
    }
    buffer_append_byte(script, '\n');
}

static void append_arguments(const struct command *const *commands, const struct command *command,
        struct buffer *script) {
    const char *kind = completion_argument_kind(command);
    const char *description;
    const char *word;

    for (size_t i = 0; (word = completion_argument(commands, command, i, &description)) != NULL;
            i++) {
        append_argument(script, command->name, word, description);
    }
    if (command->completes == COMMAND_COMPLETES_FILES) {
        append_argument(script, command->name, NULL, "");
    } else if (command->completes == COMMAND_COMPLETES_PROGRAMS) {
        append_argument(script, command->name, "(__ghostctl_program)", "");
    } else if (kind != NULL) {
        BUFFER_AUTO struct buffer words = BUFFER_NULL;

        if (command->completes == COMMAND_COMPLETES_SECRETS_PROGRAMS) {
            append_argument(script, command->name, "(__ghostctl_program_after)", "");
            buffer_append_text(&words, "(__ghostctl_is_before; and __ghostctl_words names)");
        } else {
            buffer_printf(&words, "(__ghostctl_words %s)", kind);
        }
        append_argument(script, command->name, buffer_string(&words), "");
    }
}

static void append_program(const struct command *const *commands, struct buffer *script) {
    BUFFER_AUTO struct buffer valued = BUFFER_NULL;

    completion_append_valued(&valued, command_global_options);
    buffer_append_text(script, program_begin);
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->completes == COMMAND_COMPLETES_PROGRAMS) {
            buffer_printf(script, " %s", commands[i]->name);
            completion_append_valued(&valued, commands[i]->options);
        }
    }
    buffer_append_text(script, program_middle);
    buffer_append_span(script, buffer_span(&valued));
    buffer_append_text(script, program_end);
}

void completion_write_fish(const struct command *const *commands, struct buffer *script) {
    buffer_append_text(script, begin);
    append_program(commands, script);
    buffer_append_text(script, program_after);
    buffer_append_text(script, at_file);
    for (const struct option_spec *option = command_global_options; option->name != NULL;
            option++) {
        append_option(script, NULL, option);
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *command = commands[i];

        buffer_printf(
                script, "complete -c ghostctl -n __fish_use_subcommand -a %s -d ", command->name);
        append_text(script, command->summary);
        buffer_append_byte(script, '\n');
        append_arguments(commands, command, script);
        for (const struct option_spec *option = command->options;
                option != NULL && option->name != NULL; option++) {
            append_option(script, command->name, option);
        }
    }
}

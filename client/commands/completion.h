/*
 * The completion scripts, made from the tables of commands, and the words that they ask ghostctl
 * for: `ghostctl completion words KIND`, where KIND is names, prefixes, versions and so on.
 */
#ifndef GHOSTCTL_COMPLETION_H
#define GHOSTCTL_COMPLETION_H

#include "command.h"

void completion_write_bash(const struct command *const *commands, struct buffer *script);
void completion_write_zsh(const struct command *const *commands, struct buffer *script);
void completion_write_fish(const struct command *const *commands, struct buffer *script);

/* Where the words come from that a shell offers as the value of an option. */
enum completion_source {
    COMPLETION_NOTHING,
    COMPLETION_FILES,
    COMPLETION_SCRIPT,   /* the script has them: completion_script_word() */
    COMPLETION_GHOSTCTL, /* `ghostctl completion words KIND` prints them */
};

enum completion_source completion_source_of(const struct option_spec *option);

/* The KIND, for COMPLETION_GHOSTCTL. */
const char *completion_word_kind(const struct option_spec *option);

/*
 * The word number `index`, from 0, for COMPLETION_SCRIPT. NULL: there are fewer. The description
 * may be "".
 */
const char *completion_script_word(
        const struct option_spec *option, size_t index, const char **ret_description);

/* How a script writes a list of words: bash and zsh differ in that. */
struct completion_style {
    const char *arguments; /* the variable for the words that a command's arguments may be */
    const char *begin;     /* what opens a list */
    const char *end;       /* what closes it */
    void (*append)(
            struct buffer *script, const char *dashes, const char *word, const char *description);
};

/*
 * For bash and zsh: a function that sets `kind` (a KIND, or files) and `listed` (words) for the
 * value of an option, $1, of the command in $command.
 */
void completion_append_values(const struct command *const *commands,
        const struct completion_style *style, struct buffer *script);

/*
 * For bash and zsh: a function that sets, for the command in $command, the variables `options` and
 * `style->arguments` (lists), `valued` (the options that take a value), `kind` (what else its
 * arguments are: completion_argument_kind()) and `after` (what `kind` becomes after a `--`).
 */
void completion_append_commands(const struct command *const *commands,
        const struct completion_style *style, struct buffer *script);

/* Appends each option of the table that takes a value, and its letter: " --socket --limit -n". */
void completion_append_valued(struct buffer *script, const struct option_spec *option);

/*
 * The word number `index`, from 0, of those that can be an argument of the command; if `command` is
 * NULL, of the names of all commands. NULL: there are fewer. The word is valid until the next call;
 * its description may be "".
 */
const char *completion_argument(const struct command *const *commands,
        const struct command *command, size_t index, const char **ret_description);

/* What else the arguments can be: a KIND, "files" or "programs"; NULL: nothing. */
const char *completion_argument_kind(const struct command *command);

/*
 * Prints the words of that KIND that begin with `text`, each with a tab and a description, but not
 * those in `given`: they are on the command line already. An exit status.
 */
int completion_print_words(const struct invocation *invocation, const char *kind, const char *text,
        char **given, size_t given_count);

#endif

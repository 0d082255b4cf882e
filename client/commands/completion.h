/* The completion scripts, made from the tables of commands, and the words that they ask for. */
#ifndef GHOSTCTL_COMPLETION_H
#define GHOSTCTL_COMPLETION_H

#include "command.h"

void completion_write_bash(const struct command *const *commands, struct buffer *script);
void completion_write_zsh(const struct command *const *commands, struct buffer *script);
void completion_write_fish(const struct command *const *commands, struct buffer *script);

/* What a shell completes the value of an option with. */
enum completion_kind {
    COMPLETION_NOTHING,
    COMPLETION_FILES,
    COMPLETION_LISTED, /* words that stand in the script: completion_next_word() */
    COMPLETION_ASKED,  /* words that 'ghostctl completion words KIND' prints */
};

enum completion_kind completion_kind_of(const struct option_spec *option);

/* For COMPLETION_ASKED: the KIND. */
const char *completion_asked(const struct option_spec *option);

/* For COMPLETION_LISTED: the word number `index`, with its description, which may be ""; or NULL.
 */
const char *completion_listed(
        const struct option_spec *option, size_t index, const char **ret_description);

/* How bash and zsh differ in a list of words. */
struct completion_style {
    const char *arguments; /* the variable for the words that a command's arguments may be */
    const char *begin;     /* of a list, as its value */
    const char *end;
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
 * arguments are: completion_argument_kind()) and `after` (the same behind `--`).
 */
void completion_append_commands(const struct command *const *commands,
        const struct completion_style *style, struct buffer *script);

/* The options of a table whose value is the next word, each after a blank; their letters, too. */
void completion_append_valued(struct buffer *script, const struct option_spec *option);

/*
 * The word number `index` that a command's arguments may be, or a command, if `command` is NULL;
 * with its description, which may be "". NULL after the last; a word lasts until the next call.
 */
const char *completion_argument(const struct command *const *commands,
        const struct command *command, size_t index, const char **ret_description);

/* What else the arguments are completed with: a KIND, "files" or "programs"; NULL: nothing. */
const char *completion_argument_kind(const struct command *command);

/*
 * Prints the words of that KIND that begin with `text`, each with a tab and a description, and none
 * of `given`, which stand on the command line already. An exit status.
 */
int completion_print_words(const struct invocation *invocation, const char *kind, const char *text,
        char **given, size_t given_count);

#endif

/*
 * Options of a command line, for both programs. A const table says which options there are; the
 * reader, the help texts and the suggestion of a near name use that table.
 *
 * `--name VALUE`, `--name=VALUE`, `-n`, `-o VALUE`, `-oVALUE`; options and arguments in any order;
 * `--` ends the options; a lone `-` is an argument. A name cannot be abbreviated, so a new option
 * never breaks a script.
 */
#ifndef GHOSTKEY_OPTION_H
#define GHOSTKEY_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum option_takes {
    OPTION_TAKES_NOTHING,
    OPTION_TAKES_VALUE,
    OPTION_MAY_TAKE_VALUE, /* only as --name=VALUE */
};

struct option_spec {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* '\0': none */
    enum option_takes takes;
    const char *value; /* what the value is called in the help text */
    const char *help;
    bool is_secret; /* the value is secret: words that follow may be a part of it */
};

/* One option as it was given. */
struct option_given {
    const struct option_spec *spec;
    char *value; /* in the command line; NULL: none */
};

#define OPTION_TABLES_MAX 2
#define OPTION_FAULT_BYTES 320

struct option_list {
    /* Set before option_list_read(). */
    const struct option_spec *tables[OPTION_TABLES_MAX]; /* the first hides names of the second */
    bool only_leading;                                   /* the first argument ends the options */
    bool hides_words;       /* an argument may be secret: no message repeats one */
    const char *value_hint; /* how a secret value that begins with '-' is given; NULL: no way */

    /* Set by option_list_read(). */
    struct option_given *given;
    size_t given_count;
    char **arguments; /* in the command line; NULL follows the last one */
    size_t argument_count;
    size_t leading_count;           /* how many of them stand before `--`; without one, all */
    char fault[OPTION_FAULT_BYTES]; /* what is wrong with the command line */
};

#define OPTION_LIST_AUTO __attribute__((cleanup(option_list_deinit)))

/*
 * Reads the words of a command line, without the program's name, and appends to *list. 0;
 * GK_E_BAD_REQUEST with a sentence in list->fault; or -ENOMEM. After an error the list holds what
 * stands before the word that is wrong. No message repeats a value.
 */
int option_list_read(struct option_list *list, int count, char **words);
void option_list_deinit(struct option_list *list);

bool option_is_given(const struct option_list *list, const char *name);

/* The value that was given last. NULL if there is none. */
const char *option_value(const struct option_list *list, const char *name);

/* The next value of an option that may be repeated, from *place on. NULL after the last one. */
const char *option_next_value(const struct option_list *list, const char *name, size_t *place);

#endif

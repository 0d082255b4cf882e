/*
 * Options: what a command takes is a const table, and reading the command line, the help text and
 * the "did you mean" all come from that table.
 *
 * `--name VALUE`, `--name=VALUE`, `-n`, `-o VALUE`, `-oVALUE`; options and arguments in any order;
 * `--` ends the options; a lone `-` is an argument. Names are not abbreviated, so that adding an
 * option never breaks a script.
 */
#ifndef GHOSTCTL_OPTION_H
#define GHOSTCTL_OPTION_H

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
};

/* One option as it was given. */
struct option_given {
    const struct option_spec *spec;
    const char *value; /* NULL: none */
};

/* What a command line said. */
struct option_list {
    struct option_given *given;
    size_t given_count;
    char **arguments; /* borrowed from argv; NULL behind the last, or all of it */
    size_t argument_count;
    bool may_hold_value; /* an argument may be a secret's value: no message repeats one */
};

#define OPTION_TABLES_MAX 2

/*
 * Reads argv[0] … argv[argc - 1] by up to OPTION_TABLES_MAX tables; an earlier table hides options
 * of the same name in a later one. `only_leading` stops at the first argument, which with all that
 * follows becomes the arguments. Appends to `list`. GK_EXIT_USAGE, said, for what no table has.
 */
int option_list_read(struct option_list *list, const struct option_spec *const *tables, int argc,
        char **argv, bool only_leading);
void option_list_deinit(struct option_list *list);

/* Whether a message may repeat what was typed in place of an option or a command: a short word. */
bool option_is_short_word(const char *text);

bool option_is_given(const struct option_list *list, const char *name);

/* The value given last; NULL if there was none. */
const char *option_value(const struct option_list *list, const char *name);

/* The next value of an option that may be repeated, from *place on; NULL after the last. */
const char *option_next_value(const struct option_list *list, const char *name, size_t *place);

#endif

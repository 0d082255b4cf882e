/*
 * Commands: each is a const struct in a file of its own, cmd_<verb>.c, and one line in command.c.
 * Reading its command line and its help come from the struct.
 */
#ifndef GHOSTCTL_COMMAND_H
#define GHOSTCTL_COMMAND_H

#include <stdbool.h>

#include "option.h"
#include "wire/broker_client.h"
#include "wire/target.h"

#define COMMAND_ARGUMENTS_ANY (-1)

struct invocation;

/* What its arguments are, for the completion of shells. */
enum command_completes {
    COMMAND_COMPLETES_NOTHING,
    COMMAND_COMPLETES_SECRETS,
    COMMAND_COMPLETES_FILES,
    COMMAND_COMPLETES_PROGRAMS,
    COMMAND_COMPLETES_WORDS, /* `completion_words` */
    COMMAND_COMPLETES_COMMANDS,
};

struct command {
    const char *name;
    const char *args;    /* as in "NAME [VALUE]" */
    const char *summary; /* one line, for the list of commands */
    const char *help;    /* what else there is to know; NULL: nothing */
    const char *example;
    const struct option_spec *options; /* NULL: none */
    bool only_leading_options;         /* what follows the first argument is not ours to read */
    bool takes_value;                  /* an argument may be a secret's value */
    enum command_completes completes;
    const char *completion_words; /* joined by blanks */
    int arguments_min;
    int arguments_max;
    int (*run)(const struct invocation *invocation); /* returns an exit status */
};

/* A command line that has been read. */
struct invocation {
    const struct command *command;
    const struct option_list *options; /* the command's own and the global ones */
    char **arguments;
    size_t argument_count;
    bool json; /* print what the daemon said */
};

/* Reads the command line, runs its command, and finishes the output: the exit status. */
int command_main(int argc, char **argv);

/* The table, ended by NULL, and the options that every command has. */
extern const struct command *const command_table[];
extern const struct option_spec command_global_options[];

/* NULL, said with what may have been meant, if there is none of that name. */
const struct command *command_find(const char *name);

/* The daemon that the options name. */
int command_target(const struct invocation *invocation, struct target *ret_target);

/* Connects to it. */
int command_connect(const struct invocation *invocation, struct broker_client **ret_broker);

/* Says what is wrong with the command line and where its help is; returns GK_EXIT_USAGE. */
int command_usage(const struct command *command, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The daemon's bytes and a newline to standard output. */
void command_print_json(const struct broker_answer *answer);

extern const struct command cmd_cleanup;
extern const struct command cmd_clock;
extern const struct command cmd_completion;
extern const struct command cmd_delete;
extern const struct command cmd_describe;
extern const struct command cmd_events;
extern const struct command cmd_export;
extern const struct command cmd_get;
extern const struct command cmd_help;
extern const struct command cmd_import;
extern const struct command cmd_list;
extern const struct command cmd_put;
extern const struct command cmd_rotate;
extern const struct command cmd_run;
extern const struct command cmd_status;

#endif

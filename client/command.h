/*
 * A command: a const struct in its own file, commands/cmd_<verb>.c, and one line in program.c. The
 * struct describes its command line and its help.
 */
#ifndef GHOSTCTL_COMMAND_H
#define GHOSTCTL_COMMAND_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/option.h"
#include "wire/broker_verbs.h"
#include "wire/target.h"

#define COMMAND_ARGUMENTS_ANY (-1)

struct invocation;

/* What a shell completes the command's arguments with. */
enum command_completes {
    COMMAND_COMPLETES_NOTHING,
    COMMAND_COMPLETES_SECRETS,
    COMMAND_COMPLETES_DELETED, /* the secrets that can be restored */
    COMMAND_COMPLETES_FAULTS,  /* a verb, then the rules that can be removed */
    COMMAND_COMPLETES_FILES,
    COMMAND_COMPLETES_PROGRAMS,
    COMMAND_COMPLETES_SECRETS_PROGRAMS, /* secrets, and a program behind `--` */
    COMMAND_COMPLETES_WORDS,            /* `completion_words` */
    COMMAND_COMPLETES_COMMANDS,
};

struct command {
    const char *name;
    const char *args;    /* as in "NAME [VALUE]" */
    const char *summary; /* one line, for the list of commands */
    const char *help;    /* further lines of its help text; NULL: none */
    const char *example;
    const struct option_spec *options; /* NULL: none */
    bool only_leading_options; /* what follows the first argument is no option of ghostctl */
    bool takes_value;          /* an argument may be a secret's value */
    enum command_completes completes;
    const char *completion_words; /* joined by blanks */
    int arguments_min;
    int arguments_max;
    int (*run)(const struct invocation *invocation); /* returns an exit status */
};

/* A command line that has been read. */
struct invocation {
    const struct command *command;
    const struct command *const *commands; /* every command; NULL ends the table */
    const struct option_list *options;     /* the command's own and the global ones */
    char **arguments;
    size_t argument_count;
    bool json; /* print the daemon's JSON */
};

/* The options that every command has. `version` is the first: it stands only before a command. */
extern const struct option_spec command_global_options[];

/* The command of that name. NULL if there is none, after a message that suggests a near name. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* Finds the daemon that the options, or else the variables, name. Returns an exit status. */
int command_target(const struct invocation *invocation, struct target *ret_target);

/* Connects to that daemon. Returns an exit status. */
int command_connect(const struct invocation *invocation, struct broker_client **ret_broker);

/* Prints what is wrong with the command line and how to see its help. Returns GK_EXIT_USAGE. */
int command_usage(const struct command *command, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Prints the answer's JSON as the daemon sent it, and a newline. */
void command_print_json(const struct broker_answer *answer);

/* Prints the secret's name and the number of its current version; with --json the answer. */
int command_print_version(const struct invocation *invocation, const struct broker_answer *answer);

/* Calls act() for each argument, also if one fails. The exit status is that of the first failure.
 */
int command_each(const struct invocation *invocation, int (*act)(void *userdata, const char *name),
        void *userdata);

extern const struct command cmd_apply;
extern const struct command cmd_cleanup;
extern const struct command cmd_clock;
extern const struct command cmd_completion;
extern const struct command cmd_delete;
extern const struct command cmd_describe;
extern const struct command cmd_discard;
extern const struct command cmd_drill;
extern const struct command cmd_dump;
extern const struct command cmd_env;
extern const struct command cmd_events;
extern const struct command cmd_export;
extern const struct command cmd_fault;
extern const struct command cmd_get;
extern const struct command cmd_help;
extern const struct command cmd_import;
extern const struct command cmd_list;
extern const struct command cmd_page;
extern const struct command cmd_promote;
extern const struct command cmd_put;
extern const struct command cmd_readers;
extern const struct command cmd_requests;
extern const struct command cmd_reset;
extern const struct command cmd_restore;
extern const struct command cmd_rollback;
extern const struct command cmd_rotate;
extern const struct command cmd_run;
extern const struct command cmd_sandbox;
extern const struct command cmd_status;
extern const struct command cmd_update;
extern const struct command cmd_verify;
extern const struct command cmd_watch;

#endif

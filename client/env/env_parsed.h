/* What an environment file says: its entries, and the faults that were found in it. */
#ifndef GHOSTCTL_ENV_PARSED_H
#define GHOSTCTL_ENV_PARSED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/cleanup.h"

struct env_parsed_entry {
    char *name; /* of a variable; in JSON, of a member */
    struct buffer value;
    size_t line;
    bool is_expandable; /* an unquoted or "…" value in which other readers would expand ${…} */
    bool is_repeated;   /* while the file is read: an earlier entry has the same name */
};

/* What is wrong in a line. The text never holds a value. */
struct env_parsed_fault {
    size_t line; /* 0: not known */
    char *text;
};

/* Begins as {0}. */
struct env_parsed {
    struct env_parsed_entry *entries;
    size_t entry_count;
    struct env_parsed_fault *faults;
    size_t fault_count;
};

void env_parsed_deinit(struct env_parsed *parsed);
#define ENV_PARSED_AUTO GK_CLEANUP(env_parsed_deinit)

/* Adds an entry, whose value the caller fills in. */
struct env_parsed_entry *env_parsed_add(
        struct env_parsed *parsed, const char *name, size_t name_len, size_t line);

/* Removes the entry that was added last. */
void env_parsed_drop(struct env_parsed *parsed);

void env_parsed_fault(struct env_parsed *parsed, size_t line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * Once all is read: drops each entry whose name an earlier one has, which is a fault, and puts the
 * faults in the order of their lines.
 */
void env_parsed_finish(struct env_parsed *parsed);

#define ENV_PARSED_NOT_AN_ENTRY \
    "it is no NAME=value, where NAME is letters, digits and '_', no digit first"

/* What is wrong with a value, as "it is not UTF-8"; NULL: nothing. */
const char *env_parsed_judge(const struct buffer *value);

/* How many bytes of the text are a variable's name; 0 if it does not begin with one. */
size_t env_parsed_name_len(const char *text, const char *end);

#endif

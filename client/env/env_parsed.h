/* What an environment file says: its entries, and the faults that were found in it. */
#ifndef GHOSTCTL_ENV_PARSED_H
#define GHOSTCTL_ENV_PARSED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/cleanup.h"

struct env_parsed_entry {
    char *name; /* of the variable, or of the JSON member */
    struct buffer value;
    size_t line;
    bool is_expandable; /* holds ${…}, unquoted or in "…", which other programs expand */
    bool is_repeated;   /* an earlier entry has this name; used only while reading */
};

/* What is wrong in a line. `text` never quotes a value. */
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

/* To be called after reading. Drops each entry that repeats an earlier name, adds a fault for it,
 * and sorts all faults by line. */
void env_parsed_finish(struct env_parsed *parsed);

#define ENV_PARSED_NOT_AN_ENTRY \
    "it is no NAME=value, where NAME is letters, digits and '_', no digit first"

/* The fault of a value, such as "it is not UTF-8"; NULL: it has none. */
const char *env_parsed_judge(const struct buffer *value);

/* The length of the variable's name at the start of the text; 0: there is none. */
size_t env_parsed_name_len(const char *text, const char *end);

#endif

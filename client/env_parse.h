/*
 * What an environment file says: dotenv as people write it, and flat JSON. Pure: no file, no
 * output, nothing but its argument.
 *
 * dotenv: `NAME=value` lines, LF or CRLF, a UTF-8 BOM at the start; blank lines and lines that
 * begin with # are skipped; `export ` may stand before a name, blanks round it and round the =.
 *
 *   bare     up to the end of the line or a # with a blank before it; blanks at the end are cut;
 *            quotes and backslashes inside mean nothing
 *   '…' `…`  as it is, over any number of lines
 *   "…"      the same, but \\ \" \$ \` \n \r \t are read as in the formats of ghostctl export,
 * where any other backslash stays
 *
 * If the first line ends with CRLF, a CRLF inside quotes is a newline.
 *
 * Quoted pieces may follow each other ('it'"'"'s'). Behind the last only blanks and a comment may
 * stand. Nothing is expanded: $NAME, ${NAME} and $(command) are text.
 *
 * JSON, if the first byte that is not blank is {: one object of strings, integers and booleans.
 */
#ifndef GHOSTCTL_ENV_PARSE_H
#define GHOSTCTL_ENV_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

struct env_parsed_entry {
    char *name; /* of a variable; in JSON, of a member */
    struct buffer value;
    size_t line;        /* 0: not known */
    bool is_expandable; /* an unquoted or "…" value in which other readers would expand ${…} */
};

/* Something that is not as it must be. It never holds a value. */
struct env_parsed_fault {
    size_t line; /* 0: not known */
    char *text;
};

struct env_parsed {
    struct env_parsed_entry *entries;
    size_t entry_count;
    struct env_parsed_fault *faults;
    size_t fault_count;
};

/* Reads all of it, whatever faults there are. */
void env_parse(const char *text, size_t length, struct env_parsed *ret_parsed);
void env_parsed_deinit(struct env_parsed *parsed);
#define AUTO_PARSED GK_CLEANUP(env_parsed_deinit) struct env_parsed

/* For the readers: a new entry, whose value is to be filled in; one more fault. */
struct env_parsed_entry *env_parsed_add(
        struct env_parsed *parsed, const char *name, size_t name_length, size_t line);
void env_parsed_fault(struct env_parsed *parsed, size_t line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* The two readers that env_parse() chooses from. */
void env_parse_dotenv(const char *text, size_t length, struct env_parsed *parsed);
void env_parse_json(const char *text, size_t length, struct env_parsed *parsed);

#endif

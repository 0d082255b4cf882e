/*
 * What an environment file says: dotenv as people write it, flat JSON, and each format of ghostctl
 * export. Pure: no file, no output, nothing but its argument.
 *
 * How a file is read:
 *
 *   - A first line that is GhostKey's mark names the format, and the file is read by that one.
 *   - A name that ends in .nul means the format `nul`, as does a text without a newline that is
 *     NAME=value entries which each end with a NUL byte. Its entries have no lines, so where one
 *     is said to be "in line 3", two newlines stand before it.
 *   - A text whose first byte that is not blank is { is JSON.
 *   - Anything else is dotenv.
 *   - UTF-16 and UTF-32 are refused with one fault that names them.
 *
 * dotenv: `NAME=value` lines, a UTF-8 BOM at the start; blank lines and lines that begin with # are
 * skipped; `export ` may stand before a name, blanks round it and round the =.
 *
 *   bare     up to the end of the line or a # with a blank before it; blanks at the end are cut;
 *            quotes and backslashes inside mean nothing
 *   '…' `…`  as it is, over any number of lines
 *   "…"      the same, but \\ \" \$ \` \n \r \t are read as in the formats of ghostctl export,
 *            where any other backslash stays
 *
 * Quoted pieces may follow each other ('it'"'"'s'). Behind the last only blanks and a comment may
 * stand. Nothing is expanded: $NAME, ${NAME} and $(command) are text.
 *
 * LF, CRLF and CR each end a line; nothing else does. Inside quotes a CR is the end of a line if
 * all line ends of the file are CRLF, or all are CR, and is then read as a newline. If the line
 * ends are mixed, a CR inside quotes is a fault: whether it belongs to the value cannot be known.
 *
 * JSON: one object of strings, numbers and booleans. A number is taken with the digits that it has.
 */
#ifndef GHOSTCTL_ENV_PARSE_H
#define GHOSTCTL_ENV_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "env/env_format.h"

struct env_parsed_entry {
    char *name; /* of a variable; in JSON, of a member */
    struct buffer value;
    size_t line;
    bool is_expandable; /* an unquoted or "…" value in which other readers would expand ${…} */
    bool is_repeated;   /* while the file is read: an earlier entry has the same name */
};

/* Something that is not as it must be. It never holds a value. */
struct env_parsed_fault {
    size_t line; /* 0: not known */
    char *text;
};

struct env_parsed {
    struct env_parsed_entry *entries; /* no two of one name: the later ones are faults */
    size_t entry_count;
    struct env_parsed_fault *faults; /* in the order of their lines */
    size_t fault_count;
};

/* Reads all of it, whatever faults there are. `path` names the file; NULL: it has no name. */
void env_parse(const char *path, const char *text, size_t len, struct env_parsed *ret_parsed);
void env_parsed_deinit(struct env_parsed *parsed);
#define ENV_PARSED_AUTO GK_CLEANUP(env_parsed_deinit)

/* For the readers: a new entry, whose value is to be filled in; one more fault. */
struct env_parsed_entry *env_parsed_add(
        struct env_parsed *parsed, const char *name, size_t name_len, size_t line);
void env_parsed_fault(struct env_parsed *parsed, size_t line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Takes back the entry that was added last. */
void env_parsed_drop(struct env_parsed *parsed);

#define ENV_PARSE_NOT_AN_ENTRY \
    "it is no NAME=value, where NAME is letters, digits and '_', no digit first"

/* What is wrong with a value, as "it is not UTF-8"; NULL: nothing. */
const char *env_parsed_judge(const struct buffer *value);

/* How many bytes of the text are a variable's name; 0 if it begins with none. */
size_t env_parse_name_len(const char *text, const char *end);

/* The readers that env_parse() chooses from. `format` NULL: dotenv as people write it. */
void env_parse_dotenv(
        const char *text, size_t len, const struct env_format *format, struct env_parsed *parsed);
void env_parse_raw(const char *text, size_t len, struct env_parsed *parsed); /* `docker` */
void env_parse_nul(const char *text, size_t len, struct env_parsed *parsed);
void env_parse_json(const char *text, size_t len, struct env_parsed *parsed);

/* Whether all of it is NAME=value entries that each end with a NUL, without any newline. */
bool env_parse_is_nul(const char *text, size_t len);

#endif

/*
 * Reads environment files: dotenv as people write it, flat JSON, and each format of ghostctl
 * export. It works on text in memory and prints nothing.
 *
 * How a file is read:
 *
 *   - A first line that is GhostKey's mark names the format of the file.
 *   - A file whose name ends in .nul has the format `nul`, as has a text without a newline that is
 *     NAME=value entries which each end with a NUL byte. A fault "in line 3" of that format has two
 *     newlines before it.
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
 *            and any other backslash stays
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

#include "env/env_parsed.h"

/* Reads all of it, whatever faults there are. `path` names the file; NULL: it has no name. */
void env_parse(const char *path, const char *text, size_t len, struct env_parsed *ret_parsed);

#endif

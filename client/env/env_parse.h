/*
 * Reads environment files: dotenv, flat JSON, and each format that ghostctl export writes. It works
 * on text in memory and prints nothing.
 *
 * How a file is read:
 *
 *   - If the first line is the comment that ghostctl export writes, it names the format.
 *   - The format is `nul` if the file's name ends in .nul, or if the text has no newline and is
 *     only NAME=value entries, each ended by a NUL byte. Its entries have no lines: the line of an
 *     entry is 1 plus the number of newlines before it.
 *   - A text whose first byte that is not blank is { is JSON.
 *   - Anything else is dotenv.
 *   - UTF-16 or UTF-32 gives one fault, which names the encoding.
 *
 * dotenv: `NAME=value` lines. A UTF-8 BOM, blank lines and lines that begin with # are skipped.
 * `export ` may precede a name. Blanks may surround the name and the =.
 *
 *   bare     up to the end of the line or a # with a blank before it; blanks at the end are cut;
 *            quotes and backslashes inside mean nothing
 *   '…' `…`  taken unchanged; may span lines
 *   "…"      may span lines; \\ \" \$ \` \n \r \t are escapes; any other backslash stays
 *
 * Quoted pieces may follow each other ('it'"'"'s'). Only blanks and a comment may follow the last
 * piece. Nothing is expanded: $NAME, ${NAME} and $(command) are text.
 *
 * LF, CRLF and CR each end a line; nothing else does. If all line ends of the file are CRLF, or
 * all are CR, each line end inside quotes is read as one newline (LF). If the line ends are mixed,
 * a CR inside quotes is a fault: whether it belongs to the value cannot be known.
 *
 * JSON: one object of strings, numbers and booleans. A number's digits are copied as they are.
 */
#ifndef GHOSTCTL_ENV_PARSE_H
#define GHOSTCTL_ENV_PARSE_H

#include "env/env_parsed.h"

/* Reads the whole text, even after a fault. `path` names the file; NULL: it has no name. */
void env_parse(const char *path, const char *text, size_t len, struct env_parsed *ret_parsed);

#endif

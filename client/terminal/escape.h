/*
 * Makes text from elsewhere (a name, a label, a file, an argument, the daemon's answer) safe to
 * show. A character that could move the cursor, change the screen or begin a new line is written as
 * an escape: `\n`, `\t`, `\r`, `\u001B`; a byte that is not UTF-8 as `\xFF`. Everything else stays
 * as it is, even a backslash. The values of secrets are not escaped.
 */
#ifndef GHOSTCTL_ESCAPE_H
#define GHOSTCTL_ESCAPE_H

#include <stddef.h>

#include "common/buffer.h"

void escape_append(struct buffer *shown, const char *text, size_t len);
void escape_append_text(struct buffer *shown, const char *text);

/* The same for a JSON document. Its line ends are kept, so its meaning does not change. */
void escape_append_json(struct buffer *shown, const char *document, size_t len);

#endif

/*
 * Text that comes from elsewhere (a name, a label, a file, an argument, what the daemon says), made
 * safe to show. Whatever could move the cursor, change what is on the screen or begin a line of its
 * own is written as an escape: `\n`, `\t`, `\r`, `\u001B`; a byte that is not UTF-8 as `\xFF`.
 * Everything else stays as it is, a backslash too. A secret's value is never passed through here.
 */
#ifndef GHOSTCTL_ESCAPE_H
#define GHOSTCTL_ESCAPE_H

#include <stddef.h>

#include "common/buffer.h"

void escape_append(struct buffer *shown, const char *text, size_t len);
void escape_append_text(struct buffer *shown, const char *text);

/* The same for a JSON document, whose meaning stays the same: its line ends are kept. */
void escape_append_json(struct buffer *shown, const char *document, size_t len);

#endif

/* Compact JSON made readable: each member on a line of its own. */
#ifndef GHOSTCTL_INDENT_H
#define GHOSTCTL_INDENT_H

#include <stdbool.h>

#include "common/buffer.h"

/* Where the last piece ended. Begins as {0}. */
struct indent {
    size_t depth;
    bool is_in_text;
    bool is_escaped; /* the next byte of the text is */
    bool is_opened;  /* the last byte was a bracket: a line ends behind it unless it is closed */
};

/* Appends a piece of compact JSON. Without blanks outside of texts, as the daemon sends it. */
void indent_append(struct indent *indent, struct span piece, struct buffer *lines);

#endif

/* Text, folded between words to the width of a terminal. */
#ifndef GHOSTCTL_FOLD_H
#define GHOSTCTL_FOLD_H

#include "common/buffer.h"

/*
 * Appends `text` in rows of at most `columns` columns, as far as there are blanks to break at. Rows
 * after the first are indented. Text in '…' is not broken, so that a command or a path can be
 * copied. `columns` SIZE_MAX: the text stays as it is.
 */
void fold_append(struct buffer *folded, const char *text, size_t columns);

/* The same; rows after the first are indented by so many columns. */
void fold_append_indented(struct buffer *folded, const char *text, size_t columns, size_t indent);

#endif

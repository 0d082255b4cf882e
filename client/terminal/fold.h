/*
 * Text for a person, folded between words to the width of a terminal.
 */
#ifndef GHOSTCTL_FOLD_H
#define GHOSTCTL_FOLD_H

#include "common/buffer.h"

/*
 * Appends `text`, whose rows get at most `columns` columns where there is a blank to break at;
 * rows after the first are indented. What stands in '…' is not broken, so that a command or a path
 * can be copied. `columns` SIZE_MAX: it stays as it is.
 */
void fold_append(struct buffer *folded, const char *text, size_t columns);

#endif

/*
 * Rows of words in columns. On a terminal they are aligned under a heading; anywhere else each row
 * is its cells joined by one space, without a heading, so that `cut -d' '` and awk read it. A cell
 * therefore holds no space, save in the last column, which is never padded.
 */
#ifndef GHOSTCTL_TABLE_H
#define GHOSTCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

#define TABLE_COLUMNS_MAX 8

struct table {
    const char *const *headings; /* borrowed; there are `columns` of them */
    size_t columns;
    struct buffer cells; /* row after row, each followed by a NUL */
    size_t cell_count;
};

void table_init(struct table *table, const char *const *headings, size_t columns);
void table_deinit(struct table *table);

/*
 * The next cell, copied, with its control characters escaped (escape.h). Rows are filled from left
 * to right.
 */
void table_add(struct table *table, const char *cell);

/* The same for a secret's value, which is printed as it is. */
void table_add_value(struct table *table, const char *value);

/*
 * All rows to standard output. If they are aligned, the first column is cut, with a mark, where the
 * rows would be wider than the terminal's `columns` (0: not known).
 */
void table_print(const struct table *table, bool aligned, bool coloured, size_t columns);

/* The first `width` columns of a cell, the last of them a mark if it is longer. ASCII. */
void table_append_cut(struct buffer *text, const char *cell, size_t width);

#endif

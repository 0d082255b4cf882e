/*
 * Rows of words in columns. On a terminal they are aligned under a heading. Elsewhere there is no
 * heading, and one space stands between the cells of a row, for `cut -d' '` and awk. So only a cell
 * of the last column may hold spaces; that column is never padded.
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
 * Prints all rows on standard output. If they are aligned and would be wider than the terminal's
 * `columns` (0: not known), the first column is cut, with a mark at the cut.
 */
void table_print(const struct table *table, bool aligned, bool coloured, size_t columns);

/* Appends the first `width` columns of an ASCII cell; a longer one ends with a mark. */
void table_append_cut(struct buffer *text, const char *cell, size_t width);

#endif

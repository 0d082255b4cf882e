#include "terminal/table.h"

#include <assert.h>
#include <string.h>

#include "common/buffer.h"
#include "terminal/escape.h"
#include "terminal/output.h"

#define COLUMN_GAP 2
#define FIRST_WIDTH_MIN 12
#define CUT_MARK "\xE2\x80\xA6" /* one column */
#define HEADING_ON "\033[1m"
#define HEADING_OFF "\033[0m"

void table_init(struct table *table, const char *const *headings, size_t columns) {
    assert(columns > 0 && columns <= TABLE_COLUMNS_MAX);
    *table = (struct table){.headings = headings, .columns = columns};
}

void table_deinit(struct table *table) {
    buffer_deinit(&table->cells);
    *table = (struct table){0};
}

void table_add(struct table *table, const char *cell) {
    escape_append_text(&table->cells, cell);
    buffer_append_byte(&table->cells, '\0');
    table->cell_count++;
}

void table_add_value(struct table *table, const char *value) {
    buffer_append(&table->cells, value, strlen(value) + 1);
    table->cell_count++;
}

void table_append_cut(struct buffer *text, const char *cell, size_t width) {
    size_t len = strlen(cell);

    if (len <= width) {
        buffer_append(text, cell, len);
    } else {
        buffer_append(text, cell, width - 1);
        buffer_append_text(text, CUT_MARK);
    }
}

static void print_row(const char *const *cells, size_t columns, const size_t *widths) {
    for (size_t i = 0; i < columns; i++) {
        bool last = i + 1 == columns;
        BUFFER_AUTO struct buffer cut = BUFFER_NULL;
        size_t padding;

        if (widths == NULL) {
            output_text(last ? "%s\n" : "%s ", cells[i]);
            continue;
        }
        if (last) {
            output_text("%s\n", cells[i]);
            continue;
        }
        table_append_cut(&cut, cells[i], widths[i]);
        padding = widths[i] - (strlen(cells[i]) < widths[i] ? strlen(cells[i]) : widths[i]);
        output_text("%s%*s", buffer_string(&cut), (int)(padding + COLUMN_GAP), "");
    }
}

/* As wide as its widest cell; the first no wider than what the others leave of the terminal. */
static void measure(const struct table *table, size_t columns, size_t *widths) {
    const char *cell = table->cells.data;
    size_t others = 0;

    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = strlen(table->headings[i]);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t width = strlen(cell);
        size_t *widest = &widths[i % table->columns];

        *widest = width > *widest ? width : *widest;
        cell += width + 1;
    }
    for (size_t i = 1; i < table->columns; i++) {
        others += COLUMN_GAP + widths[i];
    }
    if (table->columns > 1 && columns > others + FIRST_WIDTH_MIN && widths[0] > columns - others) {
        widths[0] = columns - others;
    }
}

void table_print(const struct table *table, bool aligned, bool coloured, size_t columns) {
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    const char *cells[TABLE_COLUMNS_MAX];
    const char *cell = table->cells.data;

    if (aligned) {
        measure(table, columns, widths);
        output_text("%s", coloured ? HEADING_ON : "");
        print_row(table->headings, table->columns, widths);
        output_text("%s", coloured ? HEADING_OFF : "");
    }
    for (size_t i = 0; i + table->columns <= table->cell_count; i += table->columns) {
        for (size_t column = 0; column < table->columns; column++) {
            cells[column] = cell;
            cell += strlen(cell) + 1;
        }
        print_row(cells, table->columns, aligned ? widths : NULL);
    }
}

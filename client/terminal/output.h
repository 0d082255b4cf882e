/*
 * What ghostctl says, and where: data to standard output, everything else to standard error.
 *
 * Data is collected and written in large pieces; output_finish() writes the rest and tells whether
 * all of it arrived. A reader that went away (closed pipe) is not an error, a full disk is.
 *
 * Most of ghostctl's functions return an exit status (enum gk_exit), and whoever returns something
 * other than GK_EXIT_DONE has said why with output_error(). Values never go into a message.
 */
#ifndef GHOSTCTL_OUTPUT_H
#define GHOSTCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Standard output is a terminal: people read it, so tables are aligned and headed. */
bool output_is_terminal(void);

/* How many columns that terminal has; 0 if it does not say, or is none. */
size_t output_columns(void);

/* Colour: a terminal, and NO_COLOR is not set (https://no-color.org). */
bool output_is_coloured(void);

void output_data(const void *bytes, size_t len);
void output_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line to be read by people: its control characters are escaped (escape.h). */
void output_shown(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A JSON document; for a terminal with its control characters written as JSON's own escapes. */
void output_json(const char *document, size_t len);

/* Writes what there is so far. False once nobody reads it any more, or it cannot be written. */
bool output_flush(void);

/* Writes what is left. Returns `status`, or GK_EXIT_FAILED if that was 0 and data was lost. */
int output_finish(int status);

/*
 * One line on standard error, with the program's name before it; folded if that is a terminal. The
 * control characters in it, such as of an argument, are escaped (escape.h); so they are below.
 */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line on standard error as it is. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, but only for a person: when standard error is a terminal. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

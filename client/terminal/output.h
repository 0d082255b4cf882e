/*
 * What ghostctl prints: data on standard output, everything else on standard error.
 *
 * Data is collected and written in large pieces; output_finish() writes the rest and reports
 * whether all of it could be written. A closed pipe is not an error, a full disk is.
 *
 * Most of ghostctl's functions return an exit status (enum gk_exit): a function that does not
 * return 0 has printed the reason with output_error(). No message holds a value.
 */
#ifndef GHOSTCTL_OUTPUT_H
#define GHOSTCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Standard output is a terminal: people read it, so tables are aligned and headed. */
bool output_is_terminal(void);

/* How many columns the terminal has; 0: not known, or standard output is no terminal. */
size_t output_columns(void);

/* Colour: a terminal, and NO_COLOR is not set (https://no-color.org). */
bool output_is_coloured(void);

void output_data(const void *bytes, size_t len);
void output_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line for people: its control characters are escaped (escape.h). */
void output_shown(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A JSON document; for a terminal with its control characters written as JSON's own escapes. */
void output_json(const char *document, size_t len);
void output_json_line(const char *document, size_t len);

/* Writes what was collected. False once standard output has no reader, or cannot be written. */
bool output_flush(void);

/* Writes what is left. Returns `status`, or GK_EXIT_FAILED if that was 0 and data was lost. */
int output_finish(int status);

/*
 * One line on standard error, which begins with `before`. On a terminal it is folded. Control
 * characters in it, such as those of an argument, are escaped.
 */
void output_message(const char *before, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
#define output_error(...) output_message("ghostctl: ", __VA_ARGS__)
#define output_warning(...) output_message("ghostctl: warning: ", __VA_ARGS__)

/* What was done, in a line; output_note() prints it only if standard error is a terminal. */
#define output_line(...) output_message("ghostctl: ", __VA_ARGS__)
#define output_note(...) (output_takes_notes() ? output_line(__VA_ARGS__) : (void)0)
bool output_takes_notes(void);

#endif

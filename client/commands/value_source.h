/* Where `put` and `verify` take a value from: the argument, standard input, a file, or the user's
 * terminal. */
#ifndef GHOSTCTL_VALUE_SOURCE_H
#define GHOSTCTL_VALUE_SOURCE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buffer.h"

/*
 * `argument` NULL or "-": standard input, less one newline at the end if it is text and `raw` is
 * not set; on a terminal the user is asked for the value of `what`. "@FILE": that file, byte for
 * byte. Any other argument is the value itself; it is wiped from the argument, so that the list of
 * processes does not show it. An exit status, after a message.
 */
int value_source_read(char *argument, const char *what, bool raw, struct buffer *ret_value);

/* The same for standard input alone; on a terminal the user is asked once. */
int value_source_read_input(const char *what, struct buffer *ret_value);

/* Whether the contract calls it text: UTF-8 without NUL. */
bool value_is_text(const struct buffer *value);

/* Sets the member `value`, or `value_base64` for what is not text. */
void value_set_member(json_t *object, const struct buffer *value);

#endif

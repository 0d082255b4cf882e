/* Where `put` takes a value from: its argument, standard input, a file, or the person. */
#ifndef GHOSTCTL_VALUE_SOURCE_H
#define GHOSTCTL_VALUE_SOURCE_H

#include <stdbool.h>

#include "common/buffer.h"

/*
 * `argument` NULL or "-": standard input, less one newline at the end if it is text and `raw` is
 * not set; a terminal is asked, naming `what`. "@FILE": that file, byte for byte. Anything else is
 * the value itself, and is wiped from the argument, so that it leaves the list of processes.
 * An exit status, said.
 */
int value_source_read(char *argument, const char *what, bool raw, struct buffer *ret_value);

/* Text as the contract has it: UTF-8 without NUL. */
bool value_is_text(const struct buffer *value);

#endif

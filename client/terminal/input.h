/* Reading files and standard input whole. */
#ifndef GHOSTCTL_INPUT_H
#define GHOSTCTL_INPUT_H

#include "common/buffer.h"

/*
 * Appends all of a file, which messages call `shown`. It may not be larger than the largest
 * possible value. An exit status, after a message.
 */
int input_read_all(int fd, const char *shown, struct buffer *content);
int input_read_file(const char *path, const char *shown, struct buffer *content);

#endif

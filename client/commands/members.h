/* The members of a JSON object as words in one line, as in "strategy=hex length=32". */
#ifndef GHOSTCTL_MEMBERS_H
#define GHOSTCTL_MEMBERS_H

#include <jansson.h>

#include "common/buffer.h"

/* A text without blanks and quotes stands as it is; any other value as JSON. */
void members_append_word(struct buffer *line, const json_t *value);

/* NAME=VALUE of each member. A name that has a '=' is written as JSON, too. */
void members_append(struct buffer *line, const json_t *object);

/* "current,pending": the words of an array; '-' for an empty one. One with a ',' as JSON, too. */
void members_append_list(struct buffer *line, const json_t *array);

#endif

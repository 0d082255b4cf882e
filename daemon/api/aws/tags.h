/*
 * Tags are labels. The tag `ghostkey:rotation` also sets the rotation policy: the name of a
 * strategy, or a policy as JSON.
 */
#ifndef GHOSTKEYD_API_AWS_TAGS_H
#define GHOSTKEYD_API_AWS_TAGS_H

#include "api/aws/ask.h"

/*
 * Sets the definition's labels, and its policy. Spans point into the request and into bytes.
 * An InvalidParameterException or ValidationException
 */
int tags_take(struct call *call, struct definition *definition, struct buffer *bytes);

/* `,"Tags":[...]`, if there are tags, or were. */
void append_tags(struct buffer *buffer, const struct secret *secret);

#endif

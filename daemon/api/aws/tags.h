/*
 * Tags are labels. The tag `ghostkey:rotation` also sets the rotation policy: the name of a
 * strategy, or a policy as JSON.
 */
#ifndef GHOSTKEYD_API_AWS_TAGS_H
#define GHOSTKEYD_API_AWS_TAGS_H

#include "api/aws/ask.h"

/* What the tags of a request were decoded to, and how a policy is shown. */
struct tag_texts {
    struct buffer decoded;
    struct buffer shown;
};

#define TAG_TEXTS_NULL ((struct tag_texts){BUFFER_NULL, BUFFER_NULL})

void tag_texts_deinit(struct tag_texts *texts);

/*
 * Sets the definition's labels, and its policy. before: the policy that the secret has; NULL: there
 * is no secret yet. Spans point into the request and into texts.
 * An InvalidParameterException or ValidationException
 */
int tags_take(struct call *call, const struct policy *before, struct definition *definition,
        struct tag_texts *texts);

/* `,"Tags":[...]`, if there are tags, or were. */
void append_tags(struct buffer *buffer, const struct secret *secret);

#endif

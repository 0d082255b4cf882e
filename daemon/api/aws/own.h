/*
 * What AWS alone knows of a secret: short texts under names, kept beside the secret (model/extra.h)
 * as packed labels (model/labels.h).
 */
#ifndef GHOSTKEYD_API_AWS_OWN_H
#define GHOSTKEYD_API_AWS_OWN_H

#include "broker/definition.h"
#include "model/secret.h"

/* In byte order. */
#define OWN_ARN "arn"           /* the six characters, if they are not the derived ones */
#define OWN_DURATION "duration" /* of the rotation window */
#define OWN_KMS_KEY "kms"
#define OWN_LAMBDA "lambda"
#define OWN_POLICY "policy"
#define OWN_REPLICAS "replicas" /* target.h */
#define OWN_ROTATION "rotation" /* rotation was asked for: how */
#define OWN_SCHEDULE "schedule"
#define OWN_TAGS "tags" /* "1": there were tags */

/* Of OWN_ROTATION. By hand: it is on without a TTL, until it is cancelled. */
#define ROTATION_BY_RULES SPAN_LITERAL("1")
#define ROTATION_BY_HAND SPAN_LITERAL("2")

#define OWN_TEXT_MAX_BYTES 65535

/* data NULL: it is not kept. */
struct span own_text(const struct secret *secret, const char *name);

/*
 * Sets the definition's extra: that of the secret with a text changed (data NULL: removed). Further
 * calls with the same definition add to it. buffer keeps the bytes.
 * GK_E_TOO_LARGE: the text is longer than OWN_TEXT_MAX_BYTES.
 */
int own_set(struct definition *definition, const struct secret *secret, const char *name,
        struct span text, struct buffer *buffer);

/* The same, unless the text is empty: then nothing changes. */
int own_set_given(struct definition *definition, const struct secret *secret, const char *name,
        struct span text, struct buffer *buffer);

#endif

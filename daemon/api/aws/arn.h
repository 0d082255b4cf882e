/*
 * ARNs: arn:aws:secretsmanager:REGION:123456789012:secret:NAME-xxxxxx. The six characters are
 * derived (contract, section 5) from the secret's name and from which secret of that name it is, so
 * they are new when a name is made again.
 */
#ifndef GHOSTKEYD_API_AWS_ARN_H
#define GHOSTKEYD_API_AWS_ARN_H

#include "api/aws/place.h"
#include "common/buffer.h"
#include "model/secret.h"

struct broker;

/*
 * The six characters of a secret, or of the primary of a replica. One that was a replica keeps
 * those that it had.
 */
int arn_id(struct broker *broker, const struct secret *secret, uint64_t born_after,
        char place[ARN_ID_CHARS]);

/* Appends the ARN without quotes. path: the secret's name in that region. */
int arn_append(struct buffer *buffer, struct broker *broker, struct span region, struct span path,
        const struct secret *secret, uint64_t born_after);

#endif

/*
 * Filters of ListSecrets and BatchGetSecretValue, as AWS was seen to apply them: name, tags and
 * primary region by a case-sensitive prefix; all else by words, without case.
 */
#ifndef GHOSTKEYD_API_AWS_FILTER_H
#define GHOSTKEYD_API_AWS_FILTER_H

#include "api/aws/target.h"

/* An InvalidParameterException or ValidationException: a filter of the request is wrong. */
int filters_check(struct call *call);

/* Whether each filter of the request matches the secret. */
bool filters_match(struct call *call, const struct target *target);

/* The service that owns the secret, by a tag that AWS sets; data NULL: none. */
struct span owning_service(const struct secret *secret);

/* Whether each word of pattern begins some word of text, without case. */
bool words_match(struct span pattern, struct span text);

#endif

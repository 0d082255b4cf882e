/*
 * RotationRules are a TTL at whose end the secret rotates. AWS's own words of them are kept beside
 * it, as long as they say the same TTL.
 */
#ifndef GHOSTKEYD_API_AWS_RULES_H
#define GHOSTKEYD_API_AWS_RULES_H

#include "api/aws/ask.h"

/* Whether the secret rotates by itself. */
bool is_rotating(const struct secret *secret);

/* Whether it does, or RotateSecret asked for rotation without a rule, and nobody cancelled it. */
bool is_rotation_on(const struct secret *secret);

/*
 * The TTL that the request's RotationRules say; 0: none. An InvalidParameterException
 */
int rules_take(struct call *call, uint32_t *ret_ttl_s);

/* `,"RotationRules":{...}`, if there are any. */
void append_rules(struct buffer *buffer, const struct secret *secret);

#endif

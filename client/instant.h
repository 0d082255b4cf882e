/* Times and durations of the contract (section 2), as ghostctl shows them. */
#ifndef GHOSTCTL_INSTANT_H
#define GHOSTCTL_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

/* Milliseconds since 1970 of `2000-01-01T00:00:00.000Z`; -EINVAL if it is not of this form. */
int instant_parse(const char *text, int64_t *ret_ms);

/* Seconds, or `[Nd][Nh][Nm][Ns]`; how long a TTL can be the daemon knows. */
bool instant_is_ttl(const char *text);

/* `3d4h`, `14m30s`, `5s`: the two largest units, what is below them cut; under a second `1s`. */
void instant_append_duration(struct buffer *buffer, int64_t duration_ms);

#endif

/* Durations as Go's programs write them, and Vault with them. */
#ifndef GHOSTKEYD_API_VAULT_VAULT_DURATION_H
#define GHOSTKEYD_API_VAULT_VAULT_DURATION_H

#include "common/buffer.h"

/*
 * "90s", "1.5h", "1m1h", cut to seconds; one over GK_TTL_MAX_S is some number over it. False: it
 * is no such duration.
 */
bool vault_duration_parse(struct span text, int64_t *ret_seconds);

/* Appends "0s", "1m30s", "1h0m0s". */
void vault_append_duration(struct buffer *buffer, uint32_t seconds);

#endif

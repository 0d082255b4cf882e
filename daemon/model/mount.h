/* The paths at which secrets engines are mounted for clients of Vault. */
#ifndef GHOSTKEYD_MODEL_MOUNT_H
#define GHOSTKEYD_MODEL_MOUNT_H

#include "common/span.h"

#define MOUNT_MAX_BYTES 128

/* Whether the path is below GhostKey's own API, so that no mount has it. */
bool mount_is_kept(struct span path);

/*
 * NULL if something can be mounted at that path, which has no slash at its ends; else what is wrong
 * with it ("is empty", "is a path of GhostKey's own API", ...).
 */
const char *mount_fault(struct span path);

#endif

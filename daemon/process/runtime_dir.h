/* $XDG_RUNTIME_DIR, below which the default socket and the default token file are. */
#ifndef GHOSTKEYD_RUNTIME_DIR_H
#define GHOSTKEYD_RUNTIME_DIR_H

#include <limits.h>

#define RUNTIME_DIR_FAULT_BYTES (PATH_MAX + 128)

/*
 * Finds $XDG_RUNTIME_DIR. NULL if it cannot be used: then `fault` says why, to be read after the
 * variable's name. One that belongs to another user who is not root is not used: what root made in
 * there would be in that user's way.
 */
const char *runtime_dir_find(char fault[RUNTIME_DIR_FAULT_BYTES]);

#endif

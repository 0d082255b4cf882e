/* $XDG_RUNTIME_DIR, which holds the default socket and the default token file. */
#ifndef GHOSTKEYD_RUNTIME_DIR_H
#define GHOSTKEYD_RUNTIME_DIR_H

#include <limits.h>

#define RUNTIME_DIR_FAULT_BYTES (PATH_MAX + 128)

/*
 * Returns $XDG_RUNTIME_DIR; NULL if it cannot be used, and `fault` then continues a sentence that
 * begins with the variable's name. A directory of another user is not used, unless that is root:
 * that user could not remove the files that root made there.
 */
const char *runtime_dir_find(char fault[RUNTIME_DIR_FAULT_BYTES]);

#endif

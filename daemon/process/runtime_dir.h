/* $XDG_RUNTIME_DIR, which holds the default socket and the default token file. */
#ifndef GHOSTKEYD_RUNTIME_DIR_H
#define GHOSTKEYD_RUNTIME_DIR_H

#include <limits.h>

#define RUNTIME_DIR_WHY_BYTES (PATH_MAX + 128)

/*
 * Returns $XDG_RUNTIME_DIR; NULL if it cannot be used, and `why` then continues a sentence that
 * begins with the variable's name. Another user's directory is refused: a daemon of root would make
 * a folder in it that its owner cannot empty. Root's is taken.
 */
const char *runtime_dir_find(char why[RUNTIME_DIR_WHY_BYTES]);

#endif

/* Warns that git would commit an env file. */
#ifndef GHOSTCTL_GIT_GUARD_H
#define GHOSTCTL_GIT_GUARD_H

/*
 * Warns if the file, which exists, lies in a work tree of git and is not ignored. It runs git for
 * that, because only git knows all the places where a file can be ignored. Outside of work trees
 * nothing is run.
 */
void git_guard_warn(const char *path);

#endif

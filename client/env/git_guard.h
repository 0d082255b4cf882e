/* Secrets in a work tree of git are soon committed: a warning for a file that git would take. */
#ifndef GHOSTCTL_GIT_GUARD_H
#define GHOSTCTL_GIT_GUARD_H

/*
 * Warns if the file, which is there, lies in a work tree of git and is not ignored. git itself is
 * asked, as only it knows all the places where something can be ignored; outside of work trees
 * nothing is run.
 */
void git_guard_warn(const char *path);

#endif

/*
 * Signals that a loop looks at in place of being interrupted by them. One of these at a time.
 */
#ifndef GHOSTCTL_SIGNALS_H
#define GHOSTCTL_SIGNALS_H

#include <spawn.h>
#include <stdbool.h>

/*
 * A descriptor that can be read while one of `numbers` (ended by 0) is waiting; they are blocked
 * from now on. A signal that whoever started us had ignored stays ignored. -1, said, on failure.
 */
int signals_open(const int *numbers);

/*
 * The same for SIGCHLD and for all that ghostctl passes on to a command that it runs: everything
 * but the signals of its own faults and limits. SIGTTOU is among them: ghostctl can then write to
 * the terminal, and hand it on, from the background.
 */
int signals_open_passed(void);

/* The next one that came; 0 if none waits. */
int signals_read(int fd);

/* Whether whoever started us had it ignored, as nohup(1) does. */
bool signals_is_ignored(int number);

/* As before signals_open(); what is still waiting is delivered. For a child, and at the end. */
void signals_release(void);

/*
 * Ends by that signal, with ghostctl's whole process group or alone; returns where the signal is
 * ignored, as in the first process of a container.
 */
void signals_die(int number, bool with_group);

/*
 * A closed pipe is an error of write() here and no signal, and the end of a child is told, also if
 * whoever started us had SIGCHLD ignored. A command that is run gets both back as we had them.
 */
void signals_set_actions(void);
void signals_restore_actions(void);

/* The same for a child of posix_spawn(), with the mask before signals_open(). 0 or an errno. */
int signals_init_spawn(posix_spawnattr_t *ret_attributes);

#endif

/*
 * What a command that goes on by itself has to look at, whatever it waits for: a signal, as a rule.
 * An exchange that the daemon leaves unanswered breaks for it (http.h). One for the whole process.
 */
#ifndef GHOSTCTL_INTERRUPT_H
#define GHOSTCTL_INTERRUPT_H

#include <stdbool.h>

/* From now on there is an interrupt while `fd` can be read; -1: never. */
void interrupt_set_fd(int fd);
int interrupt_fd(void);

bool interrupt_is_there(void);

#endif

/* What the process is to be before anything else: its standard files, limits and signals. */
#ifndef GHOSTKEYD_PROCESS_SETUP_H
#define GHOSTKEYD_PROCESS_SETUP_H

#include "model/problem.h"
#include <signal.h>

/* Opens /dev/null for each standard file that is closed: else a socket or the state could get its
 * number, and be printed into. 0 or a negative errno (logged). */
int process_open_standard_files(void);

/*
 * Values stay in this process: no core file, not readable by others of the same user. As many files
 * may be open as connections need. A signal ends the process in good order, or is ignored; see
 * process_ending_signals().
 *
 * 0; GK_E_INTERNAL, with a line in *problem, if too few files may be open; or a negative errno
 * (logged).
 */
int process_set_up(struct problem *problem);

/* The signals that end the daemon in good order. They are blocked, to be read from a signalfd. */
void process_ending_signals(sigset_t *ret_signals);

#endif

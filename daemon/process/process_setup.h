/* Sets up the process before anything else: its standard files, limits, signals, libcrypto. */
#ifndef GHOSTKEYD_PROCESS_SETUP_H
#define GHOSTKEYD_PROCESS_SETUP_H

#include <signal.h>

#include "model/problem.h"

/* Opens /dev/null for each standard file that is closed. Otherwise a socket or the state could get
 * its number, and receive what is printed. 0 or a negative errno (logged). */
int process_open_standard_files(void);

/*
 * Keeps values in this process: no core file, and no other process of the user can read its memory.
 * Raises the limit of open files to what connections need. Ignores the signals that would kill the
 * process, but for those of process_ending_signals().
 *
 * 0; GK_E_INTERNAL, with a line in *problem, if too few files may be open; or a negative errno
 * (logged).
 */
int process_set_up(struct problem *problem);

/* The signals that make the daemon shut down. Once they are blocked, a signalfd tells of them. */
void process_ending_signals(sigset_t *ret_signals);

/*
 * Blocks them. Until then they kill the process: the files of the options are read before, and one
 * of them may be a FIFO into which nobody writes.
 */
void process_block_ending_signals(void);

#endif

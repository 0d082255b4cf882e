/* The programs that run on this machine, as /proc shows them (proc(5)). */
#ifndef GHOSTKEYD_PROCESS_PROGRAM_H
#define GHOSTKEYD_PROCESS_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROGRAM_NAME_BYTES 16 /* with its NUL */

/* The name of the program of a process; "-": it is not known. */
void program_name(pid_t pid, char ret_name[PROGRAM_NAME_BYTES]);

/*
 * Whether the process that had this pid at an instant has ended. The instant is in milliseconds of
 * CLOCK_BOOTTIME. A process that began later has the pid of one that has ended. Where /proc does
 * not show the process, one that exists counts as the same.
 */
bool program_has_ended(pid_t pid, int64_t seen_boot_ms);

/* The same in one system call: false if another process has the pid, or nobody waited for it. */
bool program_is_gone(pid_t pid);

#endif

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
 * CLOCK_BOOTTIME: if the process that has the pid now began later, the one before it has ended.
 * Where /proc does not show processes, any that has the pid counts as the same.
 */
bool program_has_ended(pid_t pid, int64_t seen_boot_ms);

/* Cheaper and weaker, one system call: false also for a zombie, or if the pid was given again. */
bool program_is_gone(pid_t pid);

#endif

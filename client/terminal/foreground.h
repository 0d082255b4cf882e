/*
 * Which process group reads the terminal: ghostctl's own or, lent to it, the one of the command
 * that ghostctl runs. The terminal is the controlling one, wherever the standard streams lead.
 *
 * The caller has SIGTTOU blocked (signals_open_passed()): it stops who changes a terminal from the
 * background.
 */
#ifndef GHOSTCTL_FOREGROUND_H
#define GHOSTCTL_FOREGROUND_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct foreground {
    int fd;          /* the terminal; -1: there is none */
    pid_t own_group; /* ghostctl's */
    bool is_lent;
    bool has_own_modes;
    bool has_command_modes;
    struct termios own_modes;     /* the terminal's when it was lent */
    struct termios command_modes; /* the terminal's when the command was suspended */
};

void foreground_init(struct foreground *foreground);
void foreground_deinit(struct foreground *foreground);

/* Whether ghostctl's own group has the terminal, as the shell gave it, and could lend it. */
bool foreground_is_own(const struct foreground *foreground);
bool foreground_is_of(const struct foreground *foreground, pid_t group);

/*
 * Lends the terminal to a command that is being started: the parent calls _begin before fork(); if
 * that is true, the child calls _take.
 */
bool foreground_lend_begin(struct foreground *foreground);
void foreground_lend_take(const struct foreground *foreground);

/* Lends the terminal, which is ghostctl's, to a running command, with the modes the command left.
 */
void foreground_lend(struct foreground *foreground, pid_t group);

/*
 * Takes back what was lent, also from another group to which the command has passed it on; with
 * the modes that the terminal had before if `with_modes`.
 */
void foreground_take_back(struct foreground *foreground, bool with_modes);

/* The same for a command that was stopped: its modes come back with the next foreground_lend(). */
void foreground_suspend(struct foreground *foreground);

/*
 * ghostctl was stopped and goes on: the shell may have taken the terminal meanwhile, and given it
 * back to ghostctl's group, or not.
 */
void foreground_check(struct foreground *foreground, pid_t group);

/* Whether the terminal has gone: its window was closed, its line was lost. */
bool foreground_has_hung_up(const struct foreground *foreground);

#endif

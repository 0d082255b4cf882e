/*
 * The datagrams of sd_notify(3), to the socket that $NOTIFY_SOCKET names. sd_notify() itself is not
 * used: it waits without a limit for a service manager whose queue is full.
 */
#ifndef GHOSTKEYD_NOTIFY_H
#define GHOSTKEYD_NOTIFY_H

#include <stdbool.h>

/* Whether a service manager asked for these datagrams. */
bool notify_is_wanted(void);

/*
 * Sends text (`NAME=value` lines), and with it fd (-1: none). If the queue is full, waits for it,
 * wait_ms at most. Returns whether the datagram was sent.
 */
bool notify_send(const char *text, int fd, int wait_ms);

/* Waits, wait_ms at most, until the service manager has read all that was sent before (BARRIER=1).
 * Returns whether it has. */
bool notify_barrier(int wait_ms);

#endif

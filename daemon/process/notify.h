/*
 * The datagrams of sd_notify(3), to the socket that $NOTIFY_SOCKET names. Our own few lines, since
 * sd_notify() itself waits, for ever, for a service manager whose queue is full.
 */
#ifndef GHOSTKEYD_NOTIFY_H
#define GHOSTKEYD_NOTIFY_H

#include <stdbool.h>

/* Whether somebody is to be told. */
bool notify_is_wanted(void);

/*
 * Sends text (`NAME=value` lines), and with it fd (-1: none). A full queue is waited for wait_ms
 * (0: not at all). Whether it was sent.
 */
bool notify_send(const char *text, int fd, int wait_ms);

#endif

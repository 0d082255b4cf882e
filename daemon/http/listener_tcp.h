/*
 * Listens on TCP, on loopback alone. Part of listener.c, with its outcomes.
 */
#ifndef GHOSTKEYD_HTTP_LISTENER_TCP_H
#define GHOSTKEYD_HTTP_LISTENER_TCP_H

#include "http/listener.h"
#include <sys/socket.h>

/* Notes the port that the socket is bound to, and the label; false if it has no such address. */
bool listener_label_tcp(struct listener *listener);

#endif

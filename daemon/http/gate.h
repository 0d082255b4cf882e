/*
 * The first request of a client that is not known yet: over TCP, or of another user over a Unix
 * socket. Whether it may speak is decided on the head, before h2o reads the body (contract, section
 * 7): of one that may not nothing but its head is kept. Whoever was let in once is known.
 */
#ifndef GHOSTKEYD_HTTP_GATE_H
#define GHOSTKEYD_HTTP_GATE_H

#include "http/connections.h"

/* Has each read of the connection, which h2o has just been given, go through the gate. */
void gate_watch(struct connection *connection);

#endif

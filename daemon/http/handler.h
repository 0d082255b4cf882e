/*
 * What h2o calls: for each request that it has read, for each answer that it gives by itself, and
 * for the bytes of a body in chunks.
 */
#ifndef GHOSTKEYD_HTTP_HANDLER_H
#define GHOSTKEYD_HTTP_HANDLER_H

#include "http/turn.h"

/* Serves every request to the host in the turn, which outlives the host. */
void handler_register(h2o_hostconf_t *host, struct turn *turn);

#endif

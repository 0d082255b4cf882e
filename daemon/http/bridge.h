/*
 * Where h2o hands over: each request that it has read becomes an exchange for api.c, and what h2o
 * refuses on its own is answered with a problem document, too.
 */
#ifndef GHOSTKEYD_HTTP_BRIDGE_H
#define GHOSTKEYD_HTTP_BRIDGE_H

#include "http/turn.h"

/* Makes every request to the host one of the turn's. Both outlive the host. */
void bridge_register(h2o_hostconf_t *host, struct turn *turn);

#endif

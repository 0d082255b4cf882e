/* The listeners of a start: those that were passed in, and those that it makes. */
#ifndef GHOSTKEYD_HTTP_LISTENERS_H
#define GHOSTKEYD_HTTP_LISTENERS_H

#include "common/span.h"
#include "http/listener.h"

struct service_passed;

struct listeners {
    struct listener *items;
    size_t count;
};

void listeners_deinit(struct listeners *listeners);

/* Takes over the sockets that were passed in. There is room for two listeners more. */
int listeners_adopt(const struct service_passed *passed, struct listeners *ret_listeners,
        struct problem *problem);

/* Whether any of them is for HTTP. */
bool listeners_serve_http(const struct listeners *listeners);

/* The address of the first that is TCP; data NULL: there is none. */
struct span listeners_tcp_address(const struct listeners *listeners);

/* Prints where the daemon listens. It goes on if that cannot be written. */
void listeners_announce(const struct listeners *listeners);

#endif

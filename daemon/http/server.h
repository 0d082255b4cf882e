/*
 * The daemon's loop: accepts connections, serves them, and shuts down in order at a signal.
 */
#ifndef GHOSTKEYD_HTTP_SERVER_H
#define GHOSTKEYD_HTTP_SERVER_H

#include <stdint.h>

#include "http/listener.h"

struct api_context;
struct audit;
struct server;

/*
 * Sets everything up and starts to accept on the listeners, whose fds it takes over; they
 * themselves, the context and the audit stay the caller's and outlive the server. SIGTERM and
 * SIGINT are blocked already. A negative errno (logged).
 */
int server_new(const struct api_context *api_context, struct audit *audit,
        struct listener *listeners, size_t listener_count, struct server **ret_server);
struct server *server_free(struct server *server);

/* Ends as by SIGTERM once fd can be read. Takes over fd; -1: none. */
void server_end_with(struct server *server, int fd);

/*
 * Tells the service manager that all is ready, and serves until SIGTERM or SIGINT, or until there
 * was no connection for idle_exit_s seconds (0: never), if nothing is lost by that.
 */
void server_run(struct server *server, int64_t idle_exit_s);

#endif

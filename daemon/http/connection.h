/*
 * The open connections and the listening sockets (contract, section 7, "Limits"). h2o serves each
 * accepted connection; this module keeps what GhostKey adds to it.
 *
 * A connection is unknown until its peer has shown who it is: over a Unix socket by its uid, over
 * TCP by a request with the token. Other users can reach a TCP port and must not use up the
 * connections or the memory. So only few unknown connections may stay longer than a second, and
 * their first request is judged by its head, before h2o reads the body; if it is refused, the body
 * is dropped.
 */
#ifndef GHOSTKEYD_HTTP_CONNECTION_H
#define GHOSTKEYD_HTTP_CONNECTION_H

#include <h2o.h>
#include <sys/queue.h>

#include "http/access.h"
#include "http/listener.h"

/* The body of a request that needs no token, from a client that has not shown it. */
#define CONNECTION_OPEN_BODY_MAX_BYTES (64 * 1024)

struct api_context;
struct peer;
struct request;
struct delayed;

struct connection;

/* Answers a connection that was just accepted, and closes its socket in the end. */
typedef void (*connection_cb)(struct connection *connection);

struct connections {
    h2o_context_t *context;
    const struct api_context *api_context;
    h2o_accept_ctx_t acceptor;
    connection_cb serve_credential; /* of a socket for credentials, in place of h2o */
    TAILQ_HEAD(open_connections, connection) open; /* the one that was served last at the end */
    size_t count;
    size_t unknown_count;
    h2o_timeout_entry_t unknown_end; /* linked while there are too many unknown ones */
    struct listening *listening;     /* the listening sockets */
    size_t listening_count;
    bool is_accepting; /* the listening sockets are being watched */
    bool is_full;      /* a client waits, and no connection could be ended for it */
    h2o_timeout_t answer_time;
    bool has_failed;           /* accept() failed, which was logged */
    h2o_timeout_entry_t pause; /* linked until accept() is tried again */
    h2o_timeout_t *empty_time; /* NULL: on_empty is not asked for */
    h2o_timeout_entry_t empty; /* linked while there is no connection */
};

struct connection {
    TAILQ_ENTRY(connection) link; /* in connections.open */
    struct connections *all;
    h2o_socket_t *sock;
    struct access access;
    struct peer *peer;           /* of its last request (connection_peer()); NULL: none yet */
    h2o_socket_cb read;          /* h2o's own callback */
    bool is_watched;             /* since the last answer, on_readable() stands before it */
    void *stream;                /* struct reader; NULL: no stream is read */
    struct delayed *delayed;     /* the answer that waits; NULL: none */
    h2o_timeout_entry_t sending; /* linked while an answer is sent */
    bool is_known;
    bool is_answering; /* a request is being answered */
    bool is_ending;    /* it was shut down */
    bool is_cut;       /* the body of the first request was dropped, since it is refused */
};

/* Takes over the fds of the listeners and accepts on them. 0 or -ENOMEM */
int connections_init(struct connections *connections, h2o_context_t *context,
        const struct api_context *api_context, struct listener *listeners, size_t listener_count,
        connection_cb serve_credential);
void connections_deinit(struct connections *connections);

/* Calls on_empty each time that no connection was open for so long. */
void connections_watch_empty(
        struct connections *connections, h2o_timeout_t *time, h2o_timeout_cb on_empty);

/*
 * Who sent a request on the connection: over a Unix socket the program that connected, which is
 * looked up once, over TCP who the client says it is. The peer is the connection's; NULL: there is
 * no memory for one.
 */
struct peer *connection_peer(struct connection *connection, const struct request *request);

/* The connection of a request. */
struct connection *connection_of(h2o_req_t *req);

/* connection_head.c: once h2o reads from a new connection; and before each round of the loop. */
void connection_watch_first_head(struct connection *connection);
void connections_watch_heads(struct connections *connections);

/* Called when the answer to a request was sent. */
void connection_answered(struct connection *connection);

/* Called when an answer is sent; the client must take it within GK_ANSWER_TIME_MAX_MS. */
void connection_sending(struct connection *connection);

/* Called when a request had the right to be answered. */
void connection_set_known(struct connection *connection);

/* Ends a connection at once. h2o frees it in the next round of the loop. */
void connection_shut_down(struct connection *connection);

/* Closes the listening sockets. Waiting clients stay with other processes that hold them. */
void connections_stop_accepting(struct connections *connections);

/* Ends the connections without a request. What they have sent already is still answered. */
void connections_close_idle(struct connections *connections);

/* Ends all connections at once. */
void connections_close_all(struct connections *connections);

#endif

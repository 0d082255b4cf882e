/*
 * The connections that are open, and the listening sockets that bring new ones (contract,
 * section 7, "Limits"). A connection is h2o's once it is accepted; what stands here is what
 * GhostKey itself has to know of it.
 *
 * A connection is unknown until its peer is: by the uid over a Unix socket, by a request with the
 * token over TCP. Other users can reach a TCP port, and must not take all the places, or the
 * memory: so only few unknown connections may stay for longer than a second. And whether the first
 * request of one may be answered is decided on its head, before h2o reads the body; of one that may
 * not, nothing but the head is kept.
 */
#ifndef GHOSTKEYD_HTTP_CONNECTION_H
#define GHOSTKEYD_HTTP_CONNECTION_H

#include "http/access.h"
#include "http/listener.h"
#include <h2o.h>

struct connections {
    h2o_context_t *context;
    const struct token *token;
    h2o_accept_ctx_t acceptor;
    h2o_linklist_t open; /* links struct connection, the one that was served last at the end */
    size_t count;
    size_t unknown_count;
    h2o_timeout_entry_t unknown_end; /* linked while there are too many unknown ones */
    struct listening *listening;     /* the listening sockets */
    size_t listening_count;
    bool is_accepting; /* the listening sockets are being watched */
    bool is_full;      /* a client waits for one of the connections to end */
    h2o_timeout_t answer_time;
    bool has_failed;           /* accept() found no file descriptor or memory, which was logged */
    h2o_timeout_entry_t pause; /* until it is tried again */
    h2o_timeout_t *empty_time; /* NULL: on_empty is not asked for */
    h2o_timeout_entry_t empty; /* linked while there is no connection */
};

struct listening {
    struct connections *all;
    h2o_socket_t *sock;
    uint16_t tcp_port;    /* 0: a Unix socket */
    struct span tcp_host; /* the listener's `address:port` */
};

struct connection {
    h2o_linklist_t link; /* in connections.open */
    struct connections *all;
    h2o_socket_t *sock;
    struct access access;
    h2o_socket_cb read;          /* h2o's, while its first head is awaited */
    void *stream;                /* the struct reader, if it reads a stream */
    h2o_timeout_entry_t sending; /* linked while it has an answer to take */
    bool is_known;
    bool is_answering; /* a request of it is being answered */
    bool is_ending;    /* it was shut down */
    bool is_cut;       /* the body of its request was dropped: it may not be answered */
};

/* Starts to accept on the listeners, whose fds it takes over. The token outlives it. -ENOMEM */
int connections_init(struct connections *connections, h2o_context_t *context,
        const struct token *token, struct listener *listeners, size_t listener_count);

/* Frees what init made; every connection is gone by then. */
void connections_deinit(struct connections *connections);

/* Has on_empty called once there was no connection for that long; and again after as long. */
void connections_watch_empty(
        struct connections *connections, h2o_timeout_t *time, h2o_timeout_cb on_empty);

/* The connection that a request came by. */
struct connection *connection_of(h2o_req_t *req);

/* A request is being answered; its answer is gone. */
void connection_answering(struct connection *connection);
void connection_answered(struct connection *connection);

/* The answer goes out now, and must be taken within GK_ANSWER_TIME_MAX_MS. */
void connection_sending(struct connection *connection);

/* A request of it had the right to be answered. */
void connection_set_known(struct connection *connection);

/* Ends a connection at once; h2o frees it when it notices, in the next round. */
void connection_shut_down(struct connection *connection);

/* Closes the listening sockets. Clients that wait there are left to other holders of them. */
void connections_stop_accepting(struct connections *connections);

/* Ends those that have no request under way; what they sent already is still answered. */
void connections_close_idle(struct connections *connections);

/* Ends all at once. */
void connections_close_all(struct connections *connections);

#endif

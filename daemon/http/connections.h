/*
 * The connections that are open, and the listening sockets that bring new ones (contract,
 * section 7, "Limits"). A connection is h2o's once it is accepted; what stands here is what
 * GhostKey itself has to know of it.
 */
#ifndef GHOSTKEYD_HTTP_CONNECTIONS_H
#define GHOSTKEYD_HTTP_CONNECTIONS_H

#include "http/access.h"
#include "http/listener.h"
#include <h2o.h>

struct connections {
    h2o_context_t *context;
    const struct token *token;
    h2o_accept_ctx_t acceptor;
    h2o_linklist_t open; /* links struct connection, the one that was served last at the end */
    size_t count;
    size_t strangers;            /* those that are not known yet */
    h2o_timeout_entry_t strange; /* linked while there are too many */
    struct door *doors;          /* the listening sockets */
    size_t door_count;
    bool accepting; /* the doors are being watched */
    bool is_full;   /* somebody waits for one of them to leave */
    h2o_timeout_t answer_time;
    bool starved;              /* accept() failed for want of something, which was said */
    h2o_timeout_entry_t pause; /* until it is tried again */
    h2o_timeout_t *empty_time; /* NULL: nobody waits for that */
    h2o_timeout_entry_t empty; /* linked while nobody is connected */
};

struct door {
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
    h2o_socket_cb read;          /* h2o's, while the gate stands before it */
    void *stream;                /* the feed's reader, if it has become one */
    h2o_timeout_entry_t sending; /* linked while it has an answer to take */
    bool known;                  /* by its peer's uid, or a request with the token */
    bool answering;              /* a request of it is being answered */
    bool leaving;                /* it was told to go */
    bool is_cut;                 /* the body of its request was dropped: it may not speak */
};

/* Starts to accept on the listeners, whose fds it takes over. The token outlives it. -ENOMEM */
int connections_init(struct connections *connections, h2o_context_t *context,
        const struct token *token, struct listener *listeners, size_t listener_count);

/* Frees what init made; every connection is gone by then. */
void connections_deinit(struct connections *connections);

/* Has on_empty called once nobody was connected for that long; and again after as long. */
void connections_watch_empty(
        struct connections *connections, h2o_timeout_t *time, h2o_timeout_cb on_empty);

/* The connection that a request came by. */
struct connection *connection_of(h2o_req_t *req);

/*
 * A request of it is being answered; has been; its answer goes out now, and is to be taken within
 * GK_ANSWER_TIME_MAX_MS.
 */
void connection_answering(struct connection *connection);
void connection_answered(struct connection *connection);
void connection_sending(struct connection *connection);

/*
 * A request of it had the right to be answered. Until then it is a stranger's, and of those only
 * few may stay for longer than a second: other users can reach a TCP port, and must not take all
 * the places, or the memory.
 */
void connection_recognised(struct connection *connection);

/* Ends a connection at once; h2o lets go of it when it notices, in the next round. */
void connection_hang_up(struct connection *connection);

/* Closes the listening sockets: who is still waiting there is left to whoever else has them. */
void connections_stop_accepting(struct connections *connections);

/* Tells those to go that have no request under way; what they sent already is still answered. */
void connections_close_idle(struct connections *connections);

/* Tells all to go at once. */
void connections_close_all(struct connections *connections);

#endif

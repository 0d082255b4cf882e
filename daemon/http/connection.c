#include "http/connection.h"

#include <h2o/http1.h>

#include "broker/peer.h"
#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "http/api.h"
#include "http/head.h"
#include "http/request_text.h"
#include "process/log.h"

#define ACCEPTS_PER_TURN 16 /* so that many new clients do not hold up the others */

struct listening {
    struct connections *all;
    h2o_socket_t *sock;
    bool is_credential;   /* it serves systemd credentials, not HTTP */
    uint16_t tcp_port;    /* 0: a Unix socket */
    struct span tcp_host; /* the listener's `address:port` */
};

static void on_acceptable(h2o_socket_t *listening, const char *error);

static void watch_listening(struct connections *connections, bool watch) {
    if (watch == connections->is_accepting) {
        return;
    }
    connections->is_accepting = watch;
    for (size_t at = 0; at < connections->listening_count; at++) {
        if (watch) {
            h2o_socket_read_start(connections->listening[at].sock, on_acceptable);
        } else {
            h2o_socket_read_stop(connections->listening[at].sock);
        }
    }
}

static void on_pause_over(h2o_timeout_entry_t *entry) {
    watch_listening(H2O_STRUCT_FROM_MEMBER(struct connections, pause, entry), true);
}

/* Accepts nothing after an error until 100 ms have passed, or a connection has ended. */
static void pause_accepting(struct connections *connections, int error) {
    if (error == EAGAIN || error == ECONNABORTED || error == EINTR) {
        connections->has_failed = false; /* no client is waiting any more */
        return;
    }
    if (!connections->has_failed) {
        connections->has_failed = true;
        log_error(error, "cannot accept connections for now; they wait");
    }
    watch_listening(connections, false);
    h2o_timeout_unlink(&connections->pause);
    h2o_timeout_link(connections->context->loop, &connections->context->hundred_ms_timeout,
            &connections->pause);
}

static void watch_empty(struct connections *connections) {
    if (connections->empty_time != NULL) {
        h2o_timeout_link(connections->context->loop, connections->empty_time, &connections->empty);
    }
}

void connections_watch_empty(
        struct connections *connections, h2o_timeout_t *time, h2o_timeout_cb on_empty) {
    connections->empty_time = time;
    connections->empty.cb = on_empty;
    h2o_timeout_unlink(&connections->empty);
    if (connections->count == 0) {
        watch_empty(connections);
    }
}

/* h2o has no call that closes a connection; it closes one when nothing more can be read. */
static void shut_down(struct connection *connection, int how) {
    connection->is_ending = true;
    (void)shutdown(h2o_socket_get_fd(connection->sock), how); /* fails only if it is gone */
}

void connection_shut_down(struct connection *connection) {
    shut_down(connection, SHUT_RDWR);
}

static bool is_idle(const struct connection *connection) {
    return !connection->is_answering && connection->sock->input->size == 0 &&
           !h2o_socket_is_writing(connection->sock);
}

static bool is_unknown(const struct connection *connection) {
    return !connection->is_known;
}

static bool is_unknown_unanswered(const struct connection *connection) {
    return !connection->is_known && !connection->is_answering;
}

/* Ends the connection that was served longest ago, of those that may be ended. */
static bool make_room(
        struct connections *connections, bool (*may_end)(const struct connection *connection)) {
    struct connection *connection;

    TAILQ_FOREACH(connection, &connections->open, link) {
        if (!connection->is_ending && may_end(connection)) {
            connection_set_known(connection); /* no longer counted */
            shut_down(connection, SHUT_RD);
            return true;
        }
    }
    return false;
}

/* Ends the unknown connections that are too many, a second after there were too many. */
static void on_unknown_end(h2o_timeout_entry_t *entry) {
    struct connections *connections =
            H2O_STRUCT_FROM_MEMBER(struct connections, unknown_end, entry);
    bool found = true;

    while (found && connections->unknown_count > GK_UNKNOWN_MAX) {
        found = make_room(connections, is_unknown);
    }
}

void connection_set_known(struct connection *connection) {
    if (!connection->is_known) {
        connection->is_known = true;
        connection->all->unknown_count -= 1;
    }
}

void connection_answered(struct connection *connection) {
    struct connections *all = connection->all;

    connection->is_answering = false;
    connection->is_watched = false;
    h2o_timeout_unlink(&connection->sending);
    TAILQ_REMOVE(&all->open, connection, link);
    TAILQ_INSERT_TAIL(&all->open, connection, link);
    if (all->is_full) {
        all->is_full = false;
        watch_listening(all, true); /* this connection may now be ended for a client that waits */
    }
}

static void on_not_taken(h2o_timeout_entry_t *entry) {
    connection_shut_down(H2O_STRUCT_FROM_MEMBER(struct connection, sending, entry));
}

void connection_sending(struct connection *connection) {
    struct connections *all = connection->all;

    h2o_timeout_unlink(&connection->sending); /* the piece before */
    h2o_timeout_link(all->context->loop, &all->answer_time, &connection->sending);
}

static void on_closed(void *userdata) {
    struct connection *connection = userdata;
    struct connections *all = connection->all;

    connection_set_known(connection); /* no longer counted */
    TAILQ_REMOVE(&all->open, connection, link);
    h2o_timeout_unlink(&connection->sending);
    (void)peer_unref(connection->peer);
    free(connection);
    all->count -= 1;
    all->is_full = false;
    if (all->count == 0) {
        watch_empty(all);
    }
    h2o_timeout_unlink(&all->pause);
    watch_listening(all, true);
}

static void count_unknown(struct connections *connections) {
    connections->unknown_count += 1;
    if (connections->unknown_count > GK_UNKNOWN_AT_ONCE_MAX) {
        (void)make_room(connections, is_unknown); /* there is one */
    }
    if (connections->unknown_count > GK_UNKNOWN_MAX &&
            !h2o_timeout_is_linked(&connections->unknown_end)) {
        h2o_timeout_link(connections->context->loop, &connections->context->one_sec_timeout,
                &connections->unknown_end);
    }
}

static void admit(
        struct connections *connections, const struct listening *from, h2o_socket_t *sock) {
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        h2o_socket_close(sock);
        return;
    }
    connection->all = connections;
    connection->sock = sock;
    connection->sending.cb = on_not_taken;
    connection->access = from->tcp_port != 0 ? access_of_tcp(from->tcp_port, from->tcp_host)
                                             : access_of_peer(h2o_socket_get_fd(sock));
    connection->is_known = from->tcp_port == 0 && connection->access.refused == 0;
    TAILQ_INSERT_TAIL(&connections->open, connection, link);
    connections->count += 1;
    if (!connection->is_known) {
        count_unknown(connections);
    }
    h2o_timeout_unlink(&connections->empty);
    sock->on_close.cb = on_closed; /* consumed: it goes with the socket */
    sock->on_close.data = connection;
    if (from->is_credential) {
        connections->serve_credential(connection);
        return;
    }
    h2o_http1_accept(
            &connections->acceptor, sock, *h2o_get_timestamp(connections->context, NULL, NULL));
    connection_watch_first_head(connection);
}

static void on_acceptable(h2o_socket_t *listening, const char *error) {
    const struct listening *from = listening->data;
    struct connections *connections = from->all;

    for (int accepts = 0; accepts < ACCEPTS_PER_TURN; accepts++) {
        h2o_socket_t *sock;

        if (connections->count >= GK_CONNECTIONS_MAX && accepts > 0) {
            return; /* the next round finds out whether another client waits */
        }
        if (connections->count >= GK_CONNECTIONS_MAX) {
            watch_listening(connections, false); /* until a connection ends */
            connections->is_full = !make_room(connections, is_unknown_unanswered) &&
                                   !make_room(connections, is_idle);
            return;
        }
        sock = h2o_evloop_socket_accept(listening);
        if (sock == NULL) {
            pause_accepting(connections, errno);
            return;
        }
        admit(connections, from, sock);
    }
}

int connections_init(struct connections *connections, h2o_context_t *context,
        const struct api_context *api_context, struct listener *listeners, size_t listener_count,
        connection_cb serve_credential) {
    *connections = (struct connections){
            .context = context,
            .api_context = api_context,
            .acceptor = {.ctx = context, .hosts = context->globalconf->hosts},
            .serve_credential = serve_credential,
            .pause = {.cb = on_pause_over},
            .unknown_end = {.cb = on_unknown_end},
    };
    TAILQ_INIT(&connections->open);
    h2o_timeout_init(context->loop, &connections->answer_time, GK_ANSWER_TIME_MAX_MS);
    connections->listening = calloc(listener_count, sizeof(connections->listening[0]));
    if (connections->listening == NULL) {
        return -ENOMEM;
    }
    for (size_t at = 0; at < listener_count; at++) {
        struct listening *listening = &connections->listening[at];

        *listening = (struct listening){
                .all = connections,
                .sock = h2o_evloop_socket_create(
                        context->loop, gk_steal_fd(&listeners[at].fd), H2O_SOCKET_FLAG_DONT_READ),
                .is_credential = listeners[at].is_credential,
                .tcp_port = listeners[at].tcp_port,
                .tcp_host = span_of(strchr(listeners[at].label, ':') + 1), /* behind `tcp:` */
        };
        listening->sock->data = listening;
    }
    connections->listening_count = listener_count;
    watch_listening(connections, true);
    return 0;
}

void connections_stop_accepting(struct connections *connections) {
    watch_listening(connections, false);
    h2o_timeout_unlink(&connections->pause);
    h2o_timeout_unlink(&connections->unknown_end);
    h2o_timeout_unlink(&connections->empty);
    connections->empty_time = NULL;
    for (size_t at = 0; at < connections->listening_count; at++) {
        h2o_socket_close(connections->listening[at].sock);
    }
    connections->listening_count = 0;
}

void connections_deinit(struct connections *connections) {
    assert(connections->count == 0);
    if (connections->context == NULL) {
        return; /* connections_init() was not called */
    }
    connections_stop_accepting(connections);
    h2o_timeout_dispose(connections->context->loop, &connections->answer_time);
    free(connections->listening);
    connections->listening = NULL;
}

struct peer *connection_peer(struct connection *connection, const struct request *request) {
    bool is_tcp = connection->access.tcp_port != 0;
    struct span agent = is_tcp ? request_header(request, "user-agent") : SPAN_NULL;

    if (connection->peer == NULL || (is_tcp && !peer_is_named(connection->peer, agent))) {
        (void)peer_unref(connection->peer);
        connection->peer = is_tcp ? peer_of_name(agent) : peer_of_program(connection->access.pid);
    }
    return connection->peer;
}

struct connection *connection_of(h2o_req_t *req) {
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

void connections_close_idle(struct connections *connections) {
    struct connection *connection;

    TAILQ_FOREACH(connection, &connections->open, link) {
        if (!connection->is_ending && is_idle(connection)) {
            shut_down(connection, SHUT_RD);
        }
    }
}

void connections_close_all(struct connections *connections) {
    struct connection *connection;

    TAILQ_FOREACH(connection, &connections->open, link) {
        connection_shut_down(connection);
    }
}

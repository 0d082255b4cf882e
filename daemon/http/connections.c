#include "http/connections.h"

#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "http/gate.h"
#include "process/log.h"
#include <h2o/http1.h>

#define ACCEPTS_PER_TURN 16 /* so that a crowd at the door does not hold up those inside */

static void on_acceptable(h2o_socket_t *listening, const char *error);

static void watch_doors(struct connections *connections, bool watch) {
    if (watch == connections->accepting) {
        return;
    }
    connections->accepting = watch;
    for (size_t at = 0; at < connections->door_count; at++) {
        if (watch) {
            h2o_socket_read_start(connections->doors[at].sock, on_acceptable);
        } else {
            h2o_socket_read_stop(connections->doors[at].sock);
        }
    }
}

static void on_pause_over(h2o_timeout_entry_t *entry) {
    watch_doors(H2O_STRUCT_FROM_MEMBER(struct connections, pause, entry), true);
}

/* Who waits at the door cannot be let in now: a while later, or when somebody has left. */
static void pause_accepting(struct connections *connections, int error) {
    if (error == EAGAIN || error == ECONNABORTED || error == EINTR) {
        connections->starved = false; /* nobody is waiting any more */
        return;
    }
    if (!connections->starved) {
        connections->starved = true;
        log_error(error, "cannot accept connections for now; they wait");
    }
    watch_doors(connections, false);
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

/* h2o has no call that closes a connection of it: the end of what the peer sends does that. */
static void hang_up(struct connection *connection, int how) {
    connection->leaving = true;
    (void)shutdown(h2o_socket_get_fd(connection->sock), how); /* fails only if it is gone */
}

void connection_hang_up(struct connection *connection) {
    hang_up(connection, SHUT_RDWR);
}

static bool is_idle(const struct connection *connection) {
    return !connection->answering && connection->sock->input->size == 0 &&
           !h2o_socket_is_writing(connection->sock);
}

/* Asks the one to leave that came or was served first: of those who are strangers, or idle. */
static bool make_room(struct connections *connections, bool of_strangers) {
    for (h2o_linklist_t *node = connections->open.next; node != &connections->open;
            node = node->next) {
        struct connection *connection = H2O_STRUCT_FROM_MEMBER(struct connection, link, node);

        if (!connection->leaving && (of_strangers ? !connection->known : is_idle(connection))) {
            connection_recognised(connection); /* no longer counted */
            hang_up(connection, SHUT_RD);
            return true;
        }
    }
    return false;
}

/* Whoever had a second to say who they are, and more who came after them. */
static void on_strangers(h2o_timeout_entry_t *entry) {
    struct connections *connections = H2O_STRUCT_FROM_MEMBER(struct connections, strange, entry);
    bool found = true;

    while (found && connections->strangers > GK_STRANGERS_MAX) {
        found = make_room(connections, true);
    }
}

void connection_recognised(struct connection *connection) {
    if (!connection->known) {
        connection->known = true;
        connection->all->strangers -= 1;
    }
}

void connection_answering(struct connection *connection) {
    connection->answering = true;
}

void connection_answered(struct connection *connection) {
    struct connections *all = connection->all;

    connection->answering = false;
    h2o_timeout_unlink(&connection->sending);
    h2o_linklist_unlink(&connection->link);
    h2o_linklist_insert(&all->open, &connection->link);
    if (all->is_full) {
        all->is_full = false;
        watch_doors(all, true); /* who waits there asks for room again */
    }
}

static void on_not_taken(h2o_timeout_entry_t *entry) {
    connection_hang_up(H2O_STRUCT_FROM_MEMBER(struct connection, sending, entry));
}

void connection_sending(struct connection *connection) {
    struct connections *all = connection->all;

    h2o_timeout_link(all->context->loop, &all->answer_time, &connection->sending);
}

static void on_closed(void *userdata) {
    struct connection *connection = userdata;
    struct connections *all = connection->all;

    connection_recognised(connection);
    h2o_linklist_unlink(&connection->link);
    h2o_timeout_unlink(&connection->sending);
    free(connection);
    all->count -= 1;
    all->is_full = false;
    if (all->count == 0) {
        watch_empty(all);
    }
    h2o_timeout_unlink(&all->pause);
    watch_doors(all, true);
}

static void admit(struct connections *connections, const struct door *door, h2o_socket_t *sock) {
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        h2o_socket_close(sock);
        return;
    }
    connection->all = connections;
    connection->sock = sock;
    connection->sending.cb = on_not_taken;
    connection->access = door->tcp_port != 0 ? access_of_tcp(door->tcp_port, door->tcp_host)
                                             : access_of_peer(h2o_socket_get_fd(sock));
    h2o_linklist_insert(&connections->open, &connection->link);
    connection->known = door->tcp_port == 0 && connection->access.refused == 0;
    connections->count += 1;
    connections->strangers += !connection->known;
    if (connections->strangers > GK_STRANGERS_AT_ONCE_MAX) {
        (void)make_room(connections, true); /* there is one */
    }
    if (connections->strangers > GK_STRANGERS_MAX &&
            !h2o_timeout_is_linked(&connections->strange)) {
        h2o_timeout_link(connections->context->loop, &connections->context->one_sec_timeout,
                &connections->strange);
    }
    h2o_timeout_unlink(&connections->empty);
    sock->on_close.cb = on_closed; /* consumed: it goes with the socket */
    sock->on_close.data = connection;
    h2o_http1_accept(
            &connections->acceptor, sock, *h2o_get_timestamp(connections->context, NULL, NULL));
    if (!connection->known) {
        gate_watch(connection);
    }
}

static void on_acceptable(h2o_socket_t *listening, const char *error) {
    const struct door *door = listening->data;
    struct connections *connections = door->all;

    for (int accepts = 0; accepts < ACCEPTS_PER_TURN; accepts++) {
        h2o_socket_t *sock;

        if (connections->count >= GK_CONNECTIONS_MAX && accepts > 0) {
            return; /* the next round knows whether anybody is waiting */
        }
        if (connections->count >= GK_CONNECTIONS_MAX) {
            watch_doors(connections, false); /* until one of them leaves */
            connections->is_full = true;
            (void)(make_room(connections, true) || make_room(connections, false)); /* or it waits */
            return;
        }
        sock = h2o_evloop_socket_accept(listening);
        if (sock == NULL) {
            pause_accepting(connections, errno);
            return;
        }
        admit(connections, door, sock);
    }
}

int connections_init(struct connections *connections, h2o_context_t *context,
        const struct token *token, struct listener *listeners, size_t listener_count) {
    *connections = (struct connections){
            .context = context,
            .token = token,
            .acceptor = {.ctx = context, .hosts = context->globalconf->hosts},
            .pause = {.cb = on_pause_over},
            .strange = {.cb = on_strangers},
    };
    h2o_linklist_init_anchor(&connections->open);
    h2o_timeout_init(context->loop, &connections->answer_time, GK_ANSWER_TIME_MAX_MS);
    connections->doors = calloc(listener_count, sizeof(connections->doors[0]));
    if (connections->doors == NULL) {
        return -ENOMEM;
    }
    for (size_t at = 0; at < listener_count; at++) {
        struct door *door = &connections->doors[at];

        *door = (struct door){
                .all = connections,
                .sock = h2o_evloop_socket_create(
                        context->loop, gk_steal_fd(&listeners[at].fd), H2O_SOCKET_FLAG_DONT_READ),
                .tcp_port = listeners[at].tcp_port,
                .tcp_host = span_of(strchr(listeners[at].label, ':') + 1), /* behind `tcp:` */
        };
        door->sock->data = door;
    }
    connections->door_count = listener_count;
    watch_doors(connections, true);
    return 0;
}

void connections_stop_accepting(struct connections *connections) {
    watch_doors(connections, false);
    h2o_timeout_unlink(&connections->pause);
    h2o_timeout_unlink(&connections->strange);
    h2o_timeout_unlink(&connections->empty);
    connections->empty_time = NULL;
    for (size_t at = 0; at < connections->door_count; at++) {
        h2o_socket_close(connections->doors[at].sock);
    }
    connections->door_count = 0;
}

void connections_deinit(struct connections *connections) {
    assert(connections->count == 0);
    if (connections->context == NULL) {
        return; /* it never came to be */
    }
    connections_stop_accepting(connections);
    h2o_timeout_dispose(connections->context->loop, &connections->answer_time);
    free(connections->doors);
    connections->doors = NULL;
}

struct connection *connection_of(h2o_req_t *req) {
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

void connections_close_idle(struct connections *connections) {
    for (h2o_linklist_t *node = connections->open.next; node != &connections->open;
            node = node->next) {
        struct connection *connection = H2O_STRUCT_FROM_MEMBER(struct connection, link, node);

        if (!connection->leaving && is_idle(connection)) {
            hang_up(connection, SHUT_RD);
        }
    }
}

void connections_close_all(struct connections *connections) {
    for (h2o_linklist_t *node = connections->open.next; node != &connections->open;
            node = node->next) {
        hang_up(H2O_STRUCT_FROM_MEMBER(struct connection, link, node), SHUT_RDWR);
    }
}

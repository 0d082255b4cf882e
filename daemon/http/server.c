/*
 * One thread, one loop. In each round h2o reads what is readable and calls handler.c for each
 * request; answers to requests that only read are written at once, those to requests that change
 * something at the end of the turn (turn.c), which is in the same round. Nothing blocks but the
 * wait for the next round, which lasts until a socket or a timer wakes it: an idle daemon sleeps.
 *
 * What wakes it: a listening socket, a connection, a signal that ends it (a signalfd), the end of
 * the parent if that ends it (a pidfd), the alarm for what falls due (turn.c), the watchdog if
 * there is one, what happens to the store's file, and h2o's timers: those of clients that send a
 * request or take an answer, of streams, of answers that a fault delays, of --idle-exit, and the
 * short ones of connection.c and turn.c, which run only after something happened.
 */
#include "http/server.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>

#include "common/cleanup.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/credential_socket.h"
#include "http/handler.h"
#include "process/file_watch.h"
#include "process/log.h"
#include "process/process_setup.h"
#include "process/service.h"

#define DRAIN_MAX_MS 5000
#define LOOK_AFTER_MS 100 /* the store's own writes are seen, too */
#define MS_PER_S 1000
#define NS_PER_MS 1000000
#define BUSY_MIN_MS 100 /* limits are seconds: shorter turns are ignored */

struct server {
    struct broker *broker;
    struct listener *listeners;
    size_t listener_count;
    h2o_globalconf_t config;
    h2o_context_t context;
    struct turn turn;
    struct connections connections;
    h2o_socket_t *signals;
    h2o_socket_t *parent;   /* NULL: not asked for */
    h2o_socket_t *watchdog; /* NULL: not asked for */
    h2o_socket_t *file;     /* of the store, watched; NULL: there is none */
    /* h2o looks at every timer for each request, so each is set up only where it is needed */
    h2o_timeout_t look_time;
    h2o_timeout_t idle_time;
    h2o_timeout_t drain_time;

    h2o_timeout_entry_t look;
    uint64_t now; /* of h2o's clock, a round earlier */
    bool stopping;
    h2o_timeout_entry_t drain_end;
    bool drained;
};

static void server_freep(struct server **server) {
    *server = server_free(*server);
}

static void on_signal(h2o_socket_t *signals, const char *error) {
    struct server *server = signals->data;
    struct signalfd_siginfo signal;

    if (read(h2o_socket_get_fd(signals), &signal, sizeof(signal)) == sizeof(signal)) {
        server->stopping = true;
    }
}

static void on_parent(h2o_socket_t *parent, const char *error) {
    struct server *server = parent->data;

    h2o_socket_read_stop(parent); /* it stays readable */
    server->stopping = true;
}

static void on_watchdog(h2o_socket_t *watchdog, const char *error) {
    service_watchdog_answer(h2o_socket_get_fd(watchdog));
}

static void look_soon(struct server *server) {
    if (!h2o_timeout_is_linked(&server->look)) {
        h2o_timeout_link(server->context.loop, &server->look_time, &server->look);
    }
}

static void on_file(h2o_socket_t *file, const char *error) {
    struct server *server = file->data;

    h2o_socket_read_stop(file);
    look_soon(server);
}

static void on_look(h2o_timeout_entry_t *entry) {
    struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, look, entry);

    if (broker_look(server->broker, h2o_socket_get_fd(server->file))) {
        look_soon(server);
    }
    h2o_socket_read_start(server->file, on_file);
}

static void on_drain_end(h2o_timeout_entry_t *entry) {
    H2O_STRUCT_FROM_MEMBER(struct server, drain_end, entry)->drained = true;
}

static void on_credential(struct connection *connection) {
    struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, connections, connection->all);

    credential_socket_answer(connection, &server->turn);
}

/* Calls on_readable whenever the fd can be read. Takes over the fd. */
static h2o_socket_t *watch(struct server *server, int fd, h2o_socket_cb on_readable) {
    h2o_socket_t *sock =
            h2o_evloop_socket_create(server->context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);

    sock->data = server;
    h2o_socket_read_start(sock, on_readable);
    return sock;
}

static void set_up_h2o(struct server *server) {
    h2o_globalconf_t *config = &server->config;

    /* h2o must not write a large body to a file */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    /* nor keep input buffers: only what is freed is erased (common/erase.h) */
    h2o_socket_buffer_prototype.allocator.max = 0;
    h2o_config_init(config);
    config->server_name = h2o_iovec_init(NULL, 0); /* no Server header */
    /* + 1: h2o refuses a chunked body as large as the limit */
    config->max_request_entity_size = GK_BODY_MAX_BYTES(broker_value_max_bytes(server->broker)) + 1;
    config->http1.req_timeout = GK_REQUEST_TIME_MAX_MS;
    config->http1.upgrade_to_http2 = 0;
    handler_register(h2o_config_register_host(config, h2o_iovec_init(H2O_STRLIT("default")), 65535),
            &server->turn);
    h2o_context_init(&server->context, h2o_evloop_create(), config);
    server->look.cb = on_look;
    server->drain_end.cb = on_drain_end;
}

static int watch_signals(struct server *server) {
    sigset_t signals;
    int fd;

    process_ending_signals(&signals);
    fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        return log_error(errno, "cannot watch for signals");
    }
    server->signals = watch(server, fd, on_signal);
    return 0;
}

void server_end_with(struct server *server, int fd) {
    if (fd >= 0) {
        server->parent = watch(server, fd, on_parent);
    }
}

static int watch_watchdog(struct server *server) {
    int fd;
    int error = service_watchdog_new(&fd);

    if (error != 0) {
        return error;
    }
    if (fd >= 0) {
        server->watchdog = watch(server, fd, on_watchdog);
    }
    return 0;
}

static void watch_file(struct server *server) {
    int fd;

    if (!broker_commit_waits(server->broker)) {
        return; /* there is no file */
    }
    fd = file_watch_new();
    if (fd < 0) {
        (void)log_error(fd, "cannot watch the file of the store; only a change looks at it");
        return;
    }
    h2o_timeout_init(server->context.loop, &server->look_time, LOOK_AFTER_MS);
    server->file = watch(server, fd, on_file);
    look_soon(server); /* which also begins to watch it */
}

/* All zeros. Most of it is tables that are hardly used: a page that nobody touches takes no memory
 * and no time, which free() would, since it erases (common/erase.h). */
static struct server *map_server(void) {
    void *place = mmap(NULL, sizeof(struct server), PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return place != MAP_FAILED ? place : NULL;
}

int server_new(const struct api_context *api_context, struct audit *audit,
        struct listener *listeners, size_t listener_count, struct server **ret_server) {
    GK_CLEANUP(server_freep) struct server *server = map_server();
    int error;

    if (server == NULL) {
        return log_error(errno, "cannot set up the server");
    }
    server->broker = api_context->broker;
    server->listeners = listeners;
    server->listener_count = listener_count;
    set_up_h2o(server);
    TAILQ_INIT(&server->connections.open);
    error = turn_init(&server->turn, &server->context, api_context, audit);
    if (error != 0) {
        return error;
    }
    error = watch_signals(server);
    if (error != 0) {
        return error;
    }
    error = watch_watchdog(server);
    if (error != 0) {
        return error;
    }
    watch_file(server);
    if (connections_init(&server->connections, &server->context, api_context, listeners,
                listener_count, on_credential) != 0) {
        return log_error(ENOMEM, "cannot set up the server");
    }
    *ret_server = gk_steal(&server);
    return 0;
}

/* Moves the start of what waits for the timer by ms, but not past now. */
static void move_timer(h2o_timeout_t *timer, uint64_t ms, uint64_t now) {
    for (h2o_linklist_t *node = timer->_entries.next; node != &timer->_entries; node = node->next) {
        h2o_timeout_entry_t *entry = H2O_STRUCT_FROM_MEMBER(h2o_timeout_entry_t, _link, node);
        uint64_t at = entry->registered_at + ms;

        entry->registered_at = at < now ? at : now;
    }
}

/*
 * Time limits do not run while the daemon is busy (contract, section 4): after a long turn a client
 * that did nothing wrong would be past its limit. And if the machine's clock, which h2o reads, was
 * set back, timers would wait until it has caught up.
 */
static void correct_timers(struct server *server) {
    h2o_evloop_t *loop = server->context.loop;
    uint64_t busy_ms = server->turn.busy_ns / NS_PER_MS;
    bool is_set_back = h2o_now(loop) < server->now;

    server->now = h2o_now(loop);
    server->turn.busy_ns = 0;
    busy_ms = busy_ms >= BUSY_MIN_MS ? busy_ms : 0;
    if (busy_ms == 0 && !is_set_back) {
        return;
    }
    for (h2o_linklist_t *node = loop->_timeouts.next; node != &loop->_timeouts; node = node->next) {
        move_timer(
                H2O_STRUCT_FROM_MEMBER(h2o_timeout_t, _link, node), busy_ms, server->now + busy_ms);
    }
}

static void run_round(struct server *server, int32_t wait_max_ms) {
    turn_go_on(&server->turn, server->connections.count);
    connections_watch_heads(&server->connections);
    /* if a signal interrupts it, the next round goes on */
    (void)h2o_evloop_run(server->context.loop, wait_max_ms);
    correct_timers(server);
}

static void shut_down(struct server *server) {
    service_stopping();
    server->context.shutdown_requested = 1; /* h2o closes each connection after its request */
    connections_stop_accepting(&server->connections);
    for (size_t at = 0; at < server->listener_count; at++) {
        listener_deinit(&server->listeners[at]);
    }
    run_round(server, 0);
    streams_close(&server->turn.streams);
    delays_end(&server->turn.delays);
    run_round(server, 0); /* h2o notices in the next round that a write is done */
    h2o_timeout_init(server->context.loop, &server->drain_time, DRAIN_MAX_MS);
    h2o_timeout_link(server->context.loop, &server->drain_time, &server->drain_end);
    for (;;) {
        connections_close_idle(&server->connections);
        if (server->connections.count == 0 || server->drained) {
            break;
        }
        run_round(server, INT32_MAX);
    }
    h2o_timeout_unlink(&server->drain_end);
    h2o_timeout_dispose(server->context.loop, &server->drain_time);
    connections_close_all(&server->connections);
    for (int rounds = 0; rounds < 2 && server->connections.count > 0; rounds++) {
        run_round(server, 0);
    }
}

static void on_empty(h2o_timeout_entry_t *entry) {
    struct connections *connections = H2O_STRUCT_FROM_MEMBER(struct connections, empty, entry);
    struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, connections, connections);

    if (broker_may_end(server->broker)) {
        server->stopping = true;
    } else {
        connections_watch_empty(connections, &server->idle_time, on_empty);
    }
}

void server_run(struct server *server, int64_t idle_exit_s) {
    if (idle_exit_s > 0) {
        h2o_timeout_init(
                server->context.loop, &server->idle_time, (uint64_t)idle_exit_s * MS_PER_S);
        connections_watch_empty(&server->connections, &server->idle_time, on_empty);
    }
    service_ready(server->turn.status_secrets);
    while (!server->stopping) {
        run_round(server, INT32_MAX);
    }
    shut_down(server);
    if (idle_exit_s > 0) {
        h2o_timeout_dispose(server->context.loop, &server->idle_time);
    }
}

struct server *server_free(struct server *server) {
    h2o_multithread_queue_t *queue;
    h2o_evloop_t *loop;

    if (server == NULL) {
        return NULL;
    }
    if (server->connections.count > 0) {
        return NULL; /* h2o cannot be freed while it has connections; the process ends anyway */
    }
    loop = server->context.loop;
    connections_deinit(&server->connections);
    turn_deinit(&server->turn);
    if (server->signals != NULL) {
        h2o_socket_close(server->signals);
    }
    if (server->parent != NULL) {
        h2o_socket_close(server->parent);
    }
    if (server->watchdog != NULL) {
        h2o_socket_close(server->watchdog);
    }
    if (server->file != NULL) {
        h2o_timeout_unlink(&server->look);
        h2o_timeout_dispose(loop, &server->look_time);
        h2o_socket_close(server->file);
    }
    queue = server->context.queue;
    h2o_context_dispose(&server->context);
    free(queue); /* h2o 2.2 forgets it */
    h2o_config_dispose(&server->config);
    h2o_evloop_destroy(loop);
    (void)munmap(server, sizeof(*server)); /* it fails only for what is not mapped */
    return NULL;
}

#include "http/delay.h"

#include "broker/broker.h"
#include "http/connection.h"
#include "http/metrics.h"
#include <poll.h>

#define NS_PER_MS 1000000

static void send_now(struct delays *delays, struct call *call) {
    TAILQ_REMOVE(&delays->waiting, call, link);
    call->list = NULL;
    *call->delayed -= 1;
    call->delayed = NULL;
    call->connection->delayed = NULL;
    h2o_socket_read_stop(call->connection->sock);
    call_send(call, delays->metrics);
}

/* Sets the timer for the first one. h2o's clock may be set, so on_next() looks at another one. */
static void wait_for_next(struct delays *delays) {
    const struct call *first = TAILQ_FIRST(&delays->waiting);
    uint64_t now = clock_ticks_ns();

    h2o_timeout_unlink(&delays->next);
    if (first == NULL) {
        return;
    }
    h2o_timeout_link(delays->context->loop, &delays->time, &delays->next);
    if (first->send_at_ns > now) {
        delays->next.registered_at += (first->send_at_ns - now + NS_PER_MS - 1) / NS_PER_MS;
    }
}

static void on_next(h2o_timeout_entry_t *entry) {
    struct delays *delays = H2O_STRUCT_FROM_MEMBER(struct delays, next, entry);
    uint64_t now = clock_ticks_ns();
    struct call *call;

    while ((call = TAILQ_FIRST(&delays->waiting)) != NULL && call->send_at_ns <= now) {
        send_now(delays, call);
    }
    wait_for_next(delays);
}

/* Over TCP a client that only ends its sending side counts as gone: the two look the same. */
static bool is_gone(const struct connection *connection) {
    struct pollfd peer = {.fd = h2o_socket_get_fd(connection->sock)};

    return connection->access.tcp_port != 0 ||
           (poll(&peer, 1, 0) > 0 && (peer.revents & (POLLHUP | POLLERR)) != 0);
}

/* h2o does not read while a request is being answered, so it does not notice a client's end. */
static void on_input(h2o_socket_t *sock, const char *error) {
    struct connection *connection = sock->on_close.data;
    struct call *call = connection->delayed;

    if (error == NULL && sock->input->size <= GK_HEAD_MAX_BYTES) {
        return; /* the next request: it waits for this answer */
    }
    h2o_socket_read_stop(sock);
    if (error != NULL && is_gone(connection)) {
        call->is_closed = true;
        call->send_at_ns = 0;
        TAILQ_REMOVE(call->list, call, link);
        TAILQ_INSERT_HEAD(call->list, call, link);
        on_next(&H2O_STRUCT_FROM_MEMBER(struct delays, waiting, call->list)->next);
    }
}

void delays_init(struct delays *delays, h2o_context_t *context, struct metrics *metrics) {
    *delays = (struct delays){.context = context, .metrics = metrics, .next = {.cb = on_next}};
    TAILQ_INIT(&delays->waiting);
    h2o_timeout_init(context->loop, &delays->time, 0);
}

void delays_deinit(struct delays *delays) {
    h2o_timeout_unlink(&delays->next);
    h2o_timeout_dispose(delays->context->loop, &delays->time);
}

void delays_add(struct delays *delays, struct call *call) {
    struct call *before;

    if (delays->is_over) {
        call_send(call, delays->metrics);
        return;
    }
    call->send_at_ns = clock_ticks_ns() + (uint64_t)call->effect.delay_ms * NS_PER_MS;
    TAILQ_FOREACH_REVERSE(before, &delays->waiting, call_list, link) {
        if (before->send_at_ns <= call->send_at_ns) {
            break;
        }
    }
    if (before != NULL) {
        TAILQ_INSERT_AFTER(&delays->waiting, before, call, link);
    } else {
        TAILQ_INSERT_HEAD(&delays->waiting, call, link);
    }
    call->list = &delays->waiting;
    call->delayed = &delays->metrics->delayed;
    *call->delayed += 1;
    call->connection->delayed = call;
    h2o_socket_read_start(call->connection->sock, on_input);
    wait_for_next(delays);
}

void delays_end(struct delays *delays) {
    struct call *call;

    delays->is_over = true;
    while ((call = TAILQ_FIRST(&delays->waiting)) != NULL) {
        send_now(delays, call);
    }
    h2o_timeout_unlink(&delays->next);
}

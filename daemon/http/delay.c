#include "http/delay.h"

#include <poll.h>

#include "broker/broker.h"
#include "http/connection.h"

#define NS_PER_MS 1000000

void delayed_forget(struct delayed *delayed) {
    struct delays *delays = delayed->delays;

    if (delays == NULL) {
        return;
    }
    TAILQ_REMOVE(&delays->waiting, delayed, link);
    delayed->delays = NULL;
    delayed->connection->delayed = NULL;
    delays->metrics->delayed -= 1;
}

static void end_wait(struct delays *delays, struct delayed *delayed, bool is_gone) {
    delayed_forget(delayed);
    h2o_socket_read_stop(delayed->connection->sock);
    delayed->on_due(delays, delayed, is_gone);
}

/* Sets the timer for the first one. h2o's clock may be set, so on_next() looks at another one. */
static void wait_for_next(struct delays *delays) {
    const struct delayed *first = TAILQ_FIRST(&delays->waiting);
    uint64_t now = clock_ticks_ns();

    h2o_timeout_unlink(&delays->next);
    if (first == NULL) {
        return;
    }
    h2o_timeout_link(delays->context->loop, &delays->time, &delays->next);
    if (first->due_ns > now) {
        delays->next.registered_at += (first->due_ns - now + NS_PER_MS - 1) / NS_PER_MS;
    }
}

static void on_next(h2o_timeout_entry_t *entry) {
    struct delays *delays = H2O_STRUCT_FROM_MEMBER(struct delays, next, entry);
    uint64_t now = clock_ticks_ns();
    struct delayed *delayed;

    while ((delayed = TAILQ_FIRST(&delays->waiting)) != NULL && delayed->due_ns <= now) {
        end_wait(delays, delayed, false);
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
    struct delayed *delayed = connection->delayed;

    if (error == NULL && sock->input->size <= GK_HEAD_MAX_BYTES) {
        return; /* the next request: it waits for this answer */
    }
    h2o_socket_read_stop(sock);
    if (error != NULL && is_gone(connection)) {
        struct delays *delays = delayed->delays;

        end_wait(delays, delayed, true);
        wait_for_next(delays);
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

void delays_add(struct delays *delays, struct delayed *delayed, uint32_t delay_ms) {
    struct delayed *before;

    if (delays->is_over) {
        delayed->on_due(delays, delayed, false);
        return;
    }
    delayed->due_ns = clock_ticks_ns() + (uint64_t)delay_ms * NS_PER_MS;
    TAILQ_FOREACH_REVERSE(before, &delays->waiting, delayed_list, link) {
        if (before->due_ns <= delayed->due_ns) {
            break;
        }
    }
    if (before != NULL) {
        TAILQ_INSERT_AFTER(&delays->waiting, before, delayed, link);
    } else {
        TAILQ_INSERT_HEAD(&delays->waiting, delayed, link);
    }
    delayed->delays = delays;
    delayed->connection->delayed = delayed;
    delays->metrics->delayed += 1;
    h2o_socket_read_start(delayed->connection->sock, on_input);
    wait_for_next(delays);
}

void delays_end(struct delays *delays) {
    struct delayed *delayed;

    delays->is_over = true;
    while ((delayed = TAILQ_FIRST(&delays->waiting)) != NULL) {
        end_wait(delays, delayed, false);
    }
    h2o_timeout_unlink(&delays->next);
}

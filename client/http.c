#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include <h2o/http1client.h>

#define IO_TIMEOUT_MS 60000
#define IDLE_TIMEOUT_MS 60000
#define CONNECT_TIMEOUT_S 10

/* One request on its way. */
struct exchange {
    struct http_client *client;
    h2o_iovec_t pieces[2]; /* head and body */
    int status;
    struct buffer *body;
    size_t received; /* of the body; the head counts for one */
    int rc;
    bool done;
};

struct http_client {
    h2o_loop_t *loop;
    h2o_timeout_t io_timeout;
    h2o_http1client_ctx_t context;
    h2o_socketpool_t pool;
    char *host;
    char *authorization;      /* the token; NULL: none */
    const char *fault;        /* static text */
    struct exchange exchange; /* the one on its way, or the last */
    struct buffer head;       /* of its request */
    size_t told;              /* of what it received, as a stream */
    h2o_http1client_t *connection;
    h2o_socket_t *wake; /* what http_stream_wait() looks at too; NULL: nothing yet */
};

static void finish(struct exchange *exchange, int rc, const char *fault) {
    exchange->done = true;
    exchange->rc = rc;
    exchange->client->fault = fault;
}

/*
 * Bytes are taken over as they come and wiped behind us: h2o would keep them, and move what grows
 * past 32 MiB into a file below /tmp.
 */
static int take_input(struct exchange *exchange, h2o_buffer_t **input) {
    size_t size = (*input)->size;

    if (size > HTTP_ANSWER_MAX_BYTES - exchange->body->length) {
        return -EFBIG;
    }
    if (size > 0) {
        buffer_append(exchange->body, (*input)->bytes, size);
        exchange->received += size;
        explicit_bzero((*input)->bytes, size);
        h2o_buffer_consume(input, size);
    }
    return 0;
}

static int on_body(h2o_http1client_t *connection, const char *fault) {
    struct exchange *exchange = connection->data;

    if (take_input(exchange, &connection->sock->input) < 0) {
        finish(exchange, -EFBIG, "the answer is larger than 512 MiB");
        return -1;
    }
    if (fault == h2o_http1client_error_is_eos) {
        finish(exchange, 0, NULL);
    } else if (fault != NULL) {
        finish(exchange, -EIO, fault);
    }
    return 0;
}

static h2o_http1client_body_cb on_head(h2o_http1client_t *connection, const char *fault, int minor,
        int status, h2o_iovec_t message, struct st_h2o_header_t *headers, size_t header_count,
        int head_length) {
    struct exchange *exchange = connection->data;

    if (fault != NULL && fault != h2o_http1client_error_is_eos) {
        finish(exchange, -EIO, fault);
        return NULL;
    }
    exchange->status = status;
    exchange->received = 1;
    if (fault == h2o_http1client_error_is_eos) {
        finish(exchange, 0, NULL);
        return NULL;
    }
    return on_body;
}

static h2o_http1client_head_cb on_connect(h2o_http1client_t *connection, const char *fault,
        h2o_iovec_t **ret_pieces, size_t *ret_count, int *ret_method_is_head) {
    struct exchange *exchange = connection->data;

    if (fault != NULL) {
        finish(exchange, -EIO, fault);
        return NULL;
    }
    *ret_pieces = exchange->pieces;
    *ret_count = exchange->pieces[1].len > 0 ? 2 : 1;
    *ret_method_is_head = 0;
    return on_head;
}

/*
 * A connected socket put into h2o's pool, as if it had been used before. Connecting is done here
 * because h2o's own way hides the errno, and takes the full queue of a Unix socket for a failure
 * where a blocking connect() waits.
 */
static int connect_into_pool(struct http_client *client, const struct target *target) {
    struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
    GK_AUTO_CLOSE int fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    h2o_socket_t *connection;

    if (fd < 0) {
        return -errno;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)); /* else it may wait */
    if (connect(fd, (const struct sockaddr *)&target->address, target->address_length) < 0) {
        return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    }
    connection = h2o_evloop_socket_create(client->loop, gk_steal_fd(&fd), 0);
    connection->on_close.data = &client->pool; /* the mark of a socket that is the pool's */
    (void)__sync_add_and_fetch(&client->pool._shared.count, 1);
    return h2o_socketpool_return(&client->pool, connection) == 0 ? 0 : -EIO;
}

int http_client_new(const struct target *target, struct http_client **ret_client) {
    GK_CLEANUP(http_client_freep)
    struct http_client *client = memory_resize(NULL, 1, sizeof(*client));
    struct sockaddr_storage address = target->address;
    int rc;

    *client = (struct http_client){.loop = h2o_evloop_create()};
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    h2o_timeout_init(client->loop, &client->io_timeout, IO_TIMEOUT_MS);
    h2o_socketpool_init_by_address(
            &client->pool, (struct sockaddr *)&address, target->address_length, 0, 1);
    /* Not optional: without a timeout the pool looks at the clock of a loop it does not have. */
    h2o_socketpool_set_timeout(&client->pool, client->loop, IDLE_TIMEOUT_MS);
    client->context = (h2o_http1client_ctx_t){
            .loop = client->loop,
            .io_timeout = &client->io_timeout,
    };
    client->host = memory_duplicate(target->host, strlen(target->host));
    if (target->token != NULL) {
        client->authorization = memory_duplicate(target->token, strlen(target->token));
    }
    rc = connect_into_pool(client, target);
    if (rc < 0) {
        return rc;
    }
    *ret_client = gk_steal(&client);
    return 0;
}

struct http_client *http_client_free(struct http_client *client) {
    if (client != NULL) {
        if (client->connection != NULL && !client->exchange.done) {
            h2o_http1client_cancel(client->connection);
        }
        if (client->wake != NULL) {
            h2o_socket_close(client->wake);
        }
        buffer_deinit(&client->head);
        h2o_socketpool_dispose(&client->pool);
        h2o_timeout_dispose(client->loop, &client->io_timeout);
        h2o_evloop_destroy(client->loop);
        memory_wipe_free(client->authorization);
        free(client->host);
        free(client);
    }
    return NULL;
}

static void write_head(
        const struct http_client *client, const struct http_request *request, struct buffer *head) {
    buffer_printf(
            head, "%s %s HTTP/1.1\r\nHost: %s\r\n", request->method, request->path, client->host);
    if (client->authorization != NULL) {
        buffer_printf(head, "Authorization: Bearer %s\r\n", client->authorization);
    }
    if (request->if_match != NULL) {
        buffer_printf(head, "If-Match: %s\r\n", request->if_match);
    }
    if (request->if_none_match != NULL) {
        buffer_printf(head, "If-None-Match: %s\r\n", request->if_none_match);
    }
    if (request->accept != NULL) {
        buffer_printf(head, "Accept: %s\r\n", request->accept);
    }
    if (request->last_event_id != NULL) {
        buffer_printf(head, "Last-Event-ID: %s\r\n", request->last_event_id);
    }
    if (request->body != NULL) {
        buffer_printf(head, "Content-Type: %s\r\n", request->media);
    }
    if (request->body != NULL || strcmp(request->method, "POST") == 0) {
        buffer_printf(head, "Content-Length: %zu\r\n", request->body_length);
    }
    buffer_append_text(head, "\r\n");
}

void http_begin(
        struct http_client *client, const struct http_request *request, struct buffer *body) {
    struct exchange *exchange = &client->exchange;

    buffer_clear(&client->head);
    write_head(client, request, &client->head);
    *exchange = (struct exchange){.client = client, .body = body};
    exchange->pieces[0] = h2o_iovec_init(client->head.data, client->head.length);
    exchange->pieces[1] = h2o_iovec_init(request->body, request->body_length);
    client->told = 0;
    h2o_http1client_connect_with_pool(
            &client->connection, exchange, &client->context, &client->pool, on_connect);
    /* What a write outside of the loop left to do is done by the next turn, but not before it has
     * waited: so there is one here that does not wait. It also sends. */
    (void)h2o_evloop_run(client->loop, 0);
}

int http_finish(struct http_client *client, int *ret_status) {
    while (!client->exchange.done) {
        if (h2o_evloop_run(client->loop, INT32_MAX) != 0 && errno != EINTR) {
            /* The exchange is still in the loop's hands: nothing may use this client again. */
            return -errno;
        }
    }
    if (client->exchange.rc == 0) {
        *ret_status = client->exchange.status;
    }
    return client->exchange.rc;
}

int http_exchange(struct http_client *client, const struct http_request *request, int *ret_status,
        struct buffer *ret_body) {
    http_begin(client, request, ret_body);
    return http_finish(client, ret_status);
}

const char *http_client_fault(const struct http_client *client) {
    return client->fault != NULL ? client->fault : "the event loop failed";
}

static void on_wake(h2o_socket_t *wake, const char *fault) {
    /* That the loop returns is all that is wanted. */
}

/* The loop closes the descriptor that it looks at, so it gets one of its own. */
static void watch(struct http_client *client, int wake_fd) {
    int fd = fcntl(wake_fd, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0) {
        client->wake = h2o_evloop_socket_create(client->loop, fd, H2O_SOCKET_FLAG_DONT_READ);
        h2o_socket_read_start(client->wake, on_wake);
    }
}

int http_stream_wait(struct http_client *client, int wake_fd, int timeout_ms) {
    struct exchange *stream = &client->exchange;
    bool is_news;

    if (wake_fd >= 0 && client->wake == NULL) {
        watch(client, wake_fd);
    }
    if (!stream->done && stream->received == client->told) {
        (void)h2o_evloop_run(client->loop, timeout_ms); /* interrupted is as good as over */
    }
    is_news = stream->received != client->told;
    client->told = stream->received;
    return stream->done && !is_news ? -EIO : 0;
}

int http_stream_status(const struct http_client *client) {
    return client->exchange.status;
}

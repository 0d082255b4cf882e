/*
 * Looks at the heads of requests before h2o does, which calls back only once it has the body, too.
 */
#include "ghostkey/protocol.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/head.h"
#include "http/request_text.h"

/* Erases what follows the head, and hides from h2o that the head announces a body. */
static void drop_body(h2o_buffer_t *input, size_t head_len) {
    explicit_bzero(input->bytes + head_len, input->size - head_len);
    input->size = head_len;
    head_hide_body(input->bytes, head_len);
}

/* Whether the head says that the body is small, or that there is none. */
static bool has_small_body(const struct request *request) {
    struct span length = request_header(request, "content-length");
    unsigned long long bytes = 0;

    if (request_header_count(request, "transfer-encoding") > 0) {
        return false;
    }
    return length.data == NULL ||
           (decimal_parse(length, &bytes) == 0 && bytes <= CONNECTION_OPEN_BODY_MAX_BYTES);
}

static bool may_be_answered(const struct connection *connection, struct span head) {
    struct header headers[REQUEST_HEADERS_MAX];
    struct problem problem = PROBLEM_NULL;
    struct request request;
    const struct api_request asked = {
            &request, connection->all->api_context, connection->access.tcp_port != 0};
    bool is_known;

    if (!head_parse(head, headers, &request) || access_judge_request(&connection->access, &asked,
                                                        api_of(&asked), &is_known, &problem) != 0) {
        return false;
    }
    return is_known || has_small_body(&request);
}

/*
 * Hands what was read to h2o, which refuses a body by the limit of all requests, before it has
 * come. The head shows whether the body may be larger.
 */
static void on_readable(h2o_socket_t *sock, const char *error) {
    const struct connection *connection = sock->on_close.data;
    h2o_globalconf_t *config = connection->all->context->globalconf;
    size_t usual_max = config->max_request_entity_size;

    if (usual_max <= GK_DOCUMENT_MAX_BYTES &&
            head_takes_large_body((struct span){sock->input->bytes, sock->input->size})) {
        config->max_request_entity_size = GK_DOCUMENT_MAX_BYTES + 1; /* server.c: why + 1 */
    }
    connection->read(sock, error); /* it may free the connection */
    config->max_request_entity_size = usual_max;
}

/*
 * h2o sets its own callback for each request, so it is replaced again after each answer. A request
 * that was sent before that answer is read with it: the limit of all requests holds for its body.
 */
void connections_watch_heads(struct connections *connections) {
    struct connection *connection = TAILQ_LAST(&connections->open, open_connections);

    while (connection != NULL && !connection->is_watched) {
        connection->is_watched = true;
        /* one that takes no HTTP is not read from, and has no callback */
        if (connection->read != NULL && connection->sock->_cb.read == connection->read) {
            connection->sock->_cb.read = on_readable;
        }
        connection = TAILQ_PREV(connection, open_connections, link);
    }
}

/* A head begins with a method, or an empty line; TLS and other protocols do not. */
static bool begins_as_head(struct span input) {
    char first = input.len > 0 ? input.data[0] : '\n';

    return first == '\r' || first == '\n' || ((first | 0x20) >= 'a' && (first | 0x20) <= 'z');
}

/*
 * Reads the first head of an unknown connection. h2o gets it once it is whole, and closes the
 * connection if that takes too long. Bytes that are too many, or cannot be a head, are handed to
 * h2o so that it answers 400.
 */
static void on_first_head(h2o_socket_t *sock, const char *error) {
    struct connection *connection = sock->on_close.data;
    struct span input = {sock->input->bytes, sock->input->size};
    size_t head_len = head_length(input);

    if (error == NULL && head_len == 0 && input.len <= GK_HEAD_MAX_BYTES && begins_as_head(input)) {
        return;
    }
    sock->_cb.read = on_readable;
    if (error == NULL && head_len == 0) {
        explicit_bzero(sock->input->bytes, input.len);
        sock->input->size = input.len < GK_HEAD_MAX_BYTES ? input.len : GK_HEAD_MAX_BYTES;
    } else if (error == NULL && !may_be_answered(connection, (struct span){input.data, head_len})) {
        connection->is_cut = true;
        drop_body(sock->input, head_len);
    }
    on_readable(sock, error);
}

void connection_watch_first_head(struct connection *connection) {
    connection->read = connection->sock->_cb.read;
    if (!connection->is_known) {
        connection->sock->_cb.read = on_first_head;
    }
}

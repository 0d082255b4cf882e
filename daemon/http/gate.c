#include "http/gate.h"

#include "ghostkey/protocol.h"
#include "http/head.h"

/* Wipes and drops what stands behind the head, and hides from h2o that a body was to come. */
static void keep_head_alone(h2o_buffer_t *input, size_t head_len) {
    explicit_bzero(input->bytes + head_len, input->size - head_len);
    input->size = head_len;
    head_hide_body(input->bytes, head_len);
}

static bool may_speak(const struct connection *connection, struct span head) {
    struct access_claim claim = head_claim(head);
    struct problem problem = PROBLEM_NULL;

    return access_judge_request(&connection->access, &claim, connection->all->token, &problem) == 0;
}

/* A head begins with a method, or an empty line; TLS and other protocols do not. */
static bool begins_as_head(struct span input) {
    char first = input.len > 0 ? input.data[0] : '\n';

    return first == '\r' || first == '\n' || ((first | 0x20) >= 'a' && (first | 0x20) <= 'z');
}

/*
 * Until the head is whole h2o is told of nothing; it closes the connection when the time is over.
 * What is too long, or can be no head, is made one that h2o answers with 400.
 */
static void on_read(h2o_socket_t *sock, const char *error) {
    struct connection *connection = sock->on_close.data;
    struct span input = {sock->input->bytes, sock->input->size};
    size_t head_len = head_length(input);

    if (error == NULL && head_len == 0 && input.len <= GK_HEAD_MAX_BYTES && begins_as_head(input)) {
        return;
    }
    sock->_cb.read = connection->read;
    if (error == NULL && head_len == 0) {
        explicit_bzero(sock->input->bytes, input.len);
        sock->input->size = input.len < GK_HEAD_MAX_BYTES ? input.len : GK_HEAD_MAX_BYTES;
    } else if (error == NULL && !may_speak(connection, (struct span){input.data, head_len})) {
        connection->is_cut = true;
        keep_head_alone(sock->input, head_len);
    }
    connection->read(sock, error);
}

void gate_watch(struct connection *connection) {
    connection->read = connection->sock->_cb.read;
    connection->sock->_cb.read = on_read;
}

#include "http/credential_socket.h"

#include "common/cleanup.h"
#include "credential/credential.h"
#include "http/connection.h"
#include "http/turn.h"
#include "process/log.h"

/* An answer that is being sent. */
struct sending {
    struct buffer value;
};

static void sending_freep(struct sending **sending) {
    if (*sending != NULL) {
        buffer_deinit(&(*sending)->value);
        free(*sending);
    }
}

/* Appends the value. Not 0: it was logged why there is none. */
static int read_value(struct connection *connection, struct turn *turn, struct buffer *value) {
    struct sockaddr_un address = {0};
    socklen_t len = sizeof(address);
    struct credential_asked asked;

    if (getpeername(h2o_socket_get_fd(connection->sock), (struct sockaddr *)&address, &len) != 0 ||
            !credential_parse(&address, len, &asked)) {
        log_warning("a credential was refused: its reader is not systemd (LoadCredential=)");
        return GK_E_BAD_REQUEST;
    }
    if (connection->access.refused != 0) {
        log_warning("credential %.*s of %.*s was refused: its reader is another user (uid %u)",
                SPAN_ARGS(asked.credential), SPAN_ARGS(asked.unit),
                (unsigned int)connection->access.uid);
        return connection->access.refused;
    }
    turn_begin(turn);
    return credential_read(turn->broker, &asked, value);
}

static void on_sent(h2o_socket_t *sock, const char *error) {
    GK_CLEANUP(sending_freep) struct sending *sending = sock->data;

    h2o_socket_close(sock); /* which frees the connection */
}

void credential_socket_answer(struct connection *connection, struct turn *turn) {
    static char too_much[CREDENTIAL_MAX_BYTES + 1];
    struct sending *sending = calloc(1, sizeof(*sending));
    h2o_iovec_t bytes = {too_much, sizeof(too_much)};

    connection->is_answering = true;
    connection->sock->data = sending;
    if (sending == NULL) {
        log_error(ENOMEM, "cannot send a credential");
    } else if (read_value(connection, turn, &sending->value) == 0) {
        bytes = h2o_iovec_init(sending->value.data, sending->value.len);
    }
    connection_sending(connection);
    h2o_socket_write(connection->sock, &bytes, 1, on_sent);
}

#include "wire/http.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/http_answer.h"
#include "wire/peer.h"

#define INTERRUPTIBLE_AFTER_MS 500 /* else frequent signals would end every request */
#define NOTE_AFTER_MS 10000
#define READ_BYTES ((size_t)16000)     /* less than 16 KiB with the overhead of the heap */
#define SEND_BYTES ((size_t)64 * 1024) /* requests that follow each other are sent together */

struct http_client {
    int fd;      /* -1: not connected */
    char *shown; /* where the daemon is, for messages */
    struct sockaddr_storage address;
    socklen_t address_length;
    char *host;
    char *authorization;       /* the token; NULL: none */
    const char *fault;         /* NULL: none; static text, or strerror()'s */
    bool has_noted;            /* the message that the daemon does not answer was printed */
    bool used;                 /* a request was sent: the daemon may have closed the connection */
    struct timeout timeout;    /* for the oldest request that has no answer */
    size_t waiting;            /* requests that have no answer */
    struct buffer out;         /* bytes to send */
    size_t sent;               /* of `out` */
    struct buffer in;          /* bytes received */
    size_t taken;              /* of `in` */
    struct http_answer answer; /* to the oldest request */
    bool (*take_piece)(void *userdata, struct span piece); /* NULL: bodies are collected */
    void *piece_userdata;
};

static int fail(struct http_client *client, int error, const char *fault) {
    client->fd = gk_close(client->fd);
    client->fault = fault;
    return error;
}

static int connect_to(struct http_client *client) {
    int fd = peer_connect(&client->address, client->address_length);

    if (fd < 0) {
        return fd;
    }
    client->fd = fd;
    client->used = false;
    client->waiting = 0;
    buffer_clear(&client->out);
    buffer_clear(&client->in);
    client->sent = client->taken = 0;
    client->answer = (struct http_answer){0};
    client->fault = NULL;
    return 0;
}

/*
 * If this connection started the daemon, the daemon makes the file with the token before its first
 * answer. So ghostctl first asks for the status, which needs no token, and then reads the file.
 */
static int await_token(struct http_client *client, const struct target *target) {
    const struct http_request request = {.method = "GET", .path = GK_ROUTE_STATUS};
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    int status;

    if (http_exchange(client, &request, &status, &body) < 0) {
        output_error("the exchange with the daemon at %s broke: %s", client->shown,
                http_client_fault(client));
        return -ENOKEY;
    }
    return target_read_late_token(target, &client->authorization) == GK_EXIT_DONE ? 0 : -ENOKEY;
}

int http_client_new(const struct target *target, struct http_client **ret_client) {
    GK_CLEANUP(http_client_freep)
    struct http_client *client = heap_resize(NULL, 1, sizeof(*client));
    int error;

    *client = (struct http_client){
            .fd = -1,
            .timeout = {.limits = &timeout_default},
            .shown = heap_duplicate(target->shown, strlen(target->shown)),
            .address = target->address,
            .address_length = target->address_length,
            .host = heap_duplicate(target->host, strlen(target->host)),
    };
    if (target->token != NULL) {
        client->authorization = heap_duplicate(target->token, strlen(target->token));
    }
    error = connect_to(client);
    if (error != 0) {
        return error;
    }
    if (target->token_path != NULL) {
        error = await_token(client, target);
        if (error != 0) {
            return error;
        }
    }
    *ret_client = gk_steal(&client);
    return 0;
}

struct http_client *http_client_free(struct http_client *client) {
    if (client != NULL) {
        (void)gk_close(client->fd);
        buffer_deinit(&client->out);
        buffer_deinit(&client->in);
        heap_wipe_free(client->authorization);
        free(client->host);
        free(client->shown);
        free(client);
    }
    return NULL;
}

/*
 * Sends as much as is possible without waiting. A daemon that closed the connection may have sent
 * an answer before: so an error of send() is not reported here, but when the answer is read.
 */
static void send_some(struct http_client *client) {
    ssize_t size = 1;

    while (client->sent < client->out.len && size > 0) {
        size = send(client->fd, client->out.data + client->sent, client->out.len - client->sent,
                MSG_DONTWAIT | MSG_NOSIGNAL);
        client->sent += size > 0 ? (size_t)size : 0;
        client->timeout.moved_bytes += size > 0 ? (uint64_t)size : 0;
    }
    if (size < 0 && errno != EAGAIN && errno != EINTR) {
        client->sent = client->out.len;
    }
    if (client->sent == client->out.len) {
        buffer_clear(&client->out);
        client->sent = 0;
    }
}

/* Reads once, without waiting. 0, whether or not bytes came; -EIO: none will come any more. */
static int receive_some(struct http_client *client, struct buffer *body) {
    struct http_answer *answer = &client->answer;
    bool direct = answer->state == HTTP_ANSWER_COUNTED && client->in.len == 0;
    struct buffer *to = direct ? body : &client->in;
    size_t room = direct ? answer->left : READ_BYTES;
    ssize_t size = recv(client->fd, buffer_reserve(to, room), room, MSG_DONTWAIT);

    if (size > 0) {
        buffer_commit(to, (size_t)size);
        client->timeout.moved_bytes += (uint64_t)size;
        if (direct) {
            answer->left -= (size_t)size;
            answer->state = answer->left == 0 ? HTTP_ANSWER_DONE : HTTP_ANSWER_COUNTED;
        }
        return 0;
    }
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }
    if (size == 0 && http_answer_end(answer) == 0) {
        client->fd = gk_close(client->fd);
        return 0;
    }
    return fail(client, -EIO, size == 0 ? "the daemon closed the connection" : strerror(errno));
}

/* Takes the bytes that were received into the answer, and wipes them. */
static int take_some(struct http_client *client, struct buffer *body) {
    ssize_t size = 0;

    if (client->taken < client->in.len) {
        size = http_answer_take(&client->answer, client->in.data + client->taken,
                client->in.len - client->taken, body);
    }
    if (size == -EFBIG) {
        return fail(client, -EFBIG, "the answer is larger than 512 MiB");
    }
    if (size < 0) {
        return fail(client, -EIO,
                size == -EMSGSIZE ? "the answer has a head, or what divides its body, without end"
                                  : "the answer is no HTTP");
    }
    client->taken += (size_t)size;
    if (client->taken == client->in.len) {
        buffer_clear(&client->in);
        client->taken = 0;
    }
    return 0;
}

/* Waits until bytes can be received, or sent if there are any to send. 0: neither is possible. */
static int wait_for(struct http_client *client, int wake_fd, int timeout_ms) {
    short sending = client->out.len > 0 ? POLLOUT : 0;
    struct pollfd fds[2] = {{.fd = client->fd, .events = (short)(POLLIN | sending)},
            {.fd = wake_fd, .events = POLLIN}};
    int count = poll(fds, 2, timeout_ms);

    if (count < 0) {
        return errno == EINTR ? 1 : -errno; /* then the caller tries both */
    }
    return fds[0].revents != 0;
}

/* Whether the daemon closed the connection while no request was waiting: it was idle, or the daemon
 * was restarted. */
static bool was_closed_idle(const struct http_client *client) {
    char byte;

    return client->fd < 0 ||
           (client->used && client->waiting == 0 &&
                   (recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN));
}

void http_begin(struct http_client *client, const struct http_request *request) {
    if (client->waiting == 0 && !request->goes_on) {
        timeout_begin(&client->timeout, request->takes_long);
    }
    if (client->waiting == 0 && was_closed_idle(client)) {
        int error;

        client->fd = gk_close(client->fd);
        error = connect_to(client);
        if (error < 0) {
            client->fault = strerror(-error);
        }
    }
    client->waiting++;
    client->used = true;
    if (client->fd >= 0) {
        http_request_write(request, client->host, client->authorization, &client->out);
        if (!request->more || client->out.len - client->sent >= SEND_BYTES) {
            send_some(client);
        }
    }
}

/* While systemd holds the socket, the daemon may fail to start, and no answer comes. */
static void note_silence(struct http_client *client) {
    client->has_noted = true;
    output_error("the daemon at %s has not answered for %d s; still waiting. If systemd runs it, "
                 "'systemctl --user status ghostkey.service' says what it does",
            client->shown, NOTE_AFTER_MS / 1000);
}

static int shorter_ms(int one, int other) {
    return one < 0 || (other >= 0 && other < one) ? other : one; /* -1: for ever */
}

/* wait_for(), up to the limits of timeout.h. */
static int wait_within_limits(struct http_client *client, int wake_fd, int timeout_ms) {
    bool may_note = !client->has_noted && !client->timeout.is_endless;
    int most_ms = shorter_ms(timeout_wait(&client->timeout), may_note ? NOTE_AFTER_MS : -1);
    int error = wait_for(client, wake_fd, shorter_ms(timeout_ms, most_ms));
    const char *fault = timeout_waited(&client->timeout, error > 0);

    if (error < 0) {
        return fail(client, -EIO, strerror(-error));
    }
    if (fault != NULL) {
        return fail(client, -EIO, fault);
    }
    if (may_note && client->timeout.quiet_ms >= NOTE_AFTER_MS) {
        note_silence(client);
    }
    return error;
}

/* wait_within_limits() for an answer. -EINTR for an interrupt that comes after half a second. */
static int wait_for_answer(struct http_client *client) {
    int error = wait_within_limits(
            client, -1, signals_interrupt_fd() < 0 ? -1 : INTERRUPTIBLE_AFTER_MS);

    if (error != 0 || signals_interrupt_fd() < 0) {
        return error;
    }
    error = wait_within_limits(client, signals_interrupt_fd(), -1);
    if (error != 0) {
        return error;
    }
    return signals_is_interrupted() ? fail(client, -EINTR, "interrupted") : 0;
}

static int receive_and_take(struct http_client *client, struct buffer *body) {
    int error = receive_some(client, body);

    return error != 0 ? error : take_some(client, body);
}

/* Hands over the piece of the body that has come, if pieces are wanted. */
static int hand_over(struct http_client *client, struct buffer *body) {
    if (client->take_piece == NULL || client->answer.status != 200 || body->len == 0) {
        return 0;
    }
    if (!client->take_piece(client->piece_userdata, buffer_span(body))) {
        return fail(client, -EIO, "it was not wanted any more");
    }
    buffer_clear(body);
    return 0;
}

static int take_answer(struct http_client *client, struct buffer *body) {
    int error = take_some(client, body);

    if (error != 0) {
        return error;
    }
    while (client->answer.state != HTTP_ANSWER_DONE) {
        int can_move;

        send_some(client);
        can_move = wait_for_answer(client);
        if (can_move < 0) {
            return can_move;
        }
        if (can_move > 0) {
            error = receive_and_take(client, body);
            if (error != 0) {
                return error;
            }
        }
        error = hand_over(client, body);
        if (error != 0) {
            return error;
        }
    }
    return hand_over(client, body);
}

int http_finish(struct http_client *client, int *ret_status, struct buffer *ret_body) {
    int error = client->fd < 0 ? -EIO : take_answer(client, ret_body);

    client->waiting--;
    if (client->waiting > 0) {
        timeout_begin(&client->timeout, false); /* for the next request, which was sent before */
    }
    if (error != 0) {
        return error;
    }
    *ret_status = client->answer.status;
    if (client->answer.closes) {
        client->fd = gk_close(client->fd);
        client->fault = "the daemon closed the connection";
    }
    client->answer = (struct http_answer){0};
    return 0;
}

int http_exchange(struct http_client *client, const struct http_request *request, int *ret_status,
        struct buffer *ret_body) {
    http_begin(client, request);
    return http_finish(client, ret_status, ret_body);
}

const char *http_client_fault(const struct http_client *client) {
    return client->fault != NULL ? client->fault : "it ended";
}

int http_stream_wait(struct http_client *client, int wake_fd, int timeout_ms, struct buffer *body) {
    int can_move;

    if (client->fd < 0 || client->answer.state == HTTP_ANSWER_DONE) {
        return -EIO;
    }
    send_some(client);
    /* A stream that has begun has no time limit. */
    can_move = client->answer.status == 200 ? wait_for(client, wake_fd, timeout_ms)
                                            : wait_within_limits(client, wake_fd, timeout_ms);
    if (can_move > 0) {
        can_move = receive_and_take(client, body);
    }
    return can_move < 0 ? -EIO : 0;
}

void http_take_pieces(struct http_client *client, bool (*take)(void *userdata, struct span piece),
        void *userdata) {
    client->take_piece = take;
    client->piece_userdata = userdata;
}

void http_client_set_limits(struct http_client *client, const struct timeout_limits *limits) {
    client->timeout.limits = limits;
}

int http_stream_status(const struct http_client *client) {
    return client->answer.status;
}

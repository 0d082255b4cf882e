#include "http/pieces.h"

#include "http/connection.h"

/* It lives in the memory pool of its request. */
struct piece_sender {
    h2o_generator_t super;
    TAILQ_ENTRY(piece_sender) link; /* in pieces.waiting */
    struct pieces *pieces;
    struct call *call;
    bool is_waiting;
};

static void stop_waiting(struct piece_sender *sender) {
    if (sender->is_waiting) {
        TAILQ_REMOVE(&sender->pieces->waiting, sender, link);
        sender->is_waiting = false;
    }
}

/* Runs when the request's pool is cleared. */
static void sender_dispose(void *chunk) {
    stop_waiting(chunk);
}

static void send_piece(struct piece_sender *sender) {
    struct answer *answer = &sender->call->answer;
    h2o_iovec_t vector = {answer->body.data, answer->body.len};

    connection_sending(sender->call->connection);
    h2o_send(sender->call->req, &vector, 1,
            answer->more != NULL ? H2O_SEND_STATE_IN_PROGRESS : H2O_SEND_STATE_FINAL);
}

/* Ends the answer without its last chunk: its client must not take it for a whole one. */
static void drop(struct piece_sender *sender) {
    static char byte[] = " ";
    h2o_iovec_t vector = {byte, 1};

    connection_shut_down(sender->call->connection);
    h2o_send(sender->call->req, &vector, 1, H2O_SEND_STATE_IN_PROGRESS); /* h2o notices it so */
}

static void send_next(struct piece_sender *sender) {
    struct call *call = sender->call;

    buffer_clear(&call->answer.body);
    if (call->answer.more(call) != 0 || buffer_finish(&call->answer.body) != 0) {
        drop(sender);
    } else {
        send_piece(sender);
    }
}

static void on_proceed(h2o_generator_t *self, h2o_req_t *req) {
    struct piece_sender *sender = (struct piece_sender *)self;

    if (!sender->is_waiting) {
        sender->is_waiting = true;
        TAILQ_INSERT_TAIL(&sender->pieces->waiting, sender, link);
        sender->pieces->begin_turn(sender->pieces);
    }
}

void pieces_init(struct pieces *pieces, void (*begin_turn)(struct pieces *pieces)) {
    TAILQ_INIT(&pieces->waiting);
    pieces->begin_turn = begin_turn;
}

void pieces_begin(struct pieces *pieces, struct call *call, struct metrics *metrics) {
    struct piece_sender *sender =
            h2o_mem_alloc_shared(&call->req->pool, sizeof(*sender), sender_dispose);

    *sender =
            (struct piece_sender){.super = {.proceed = on_proceed}, .pieces = pieces, .call = call};
    call_count(call, metrics);
    answer_write_head(&call->answer, call->req);
    h2o_start_response(call->req, &sender->super);
    send_piece(sender);
}

void pieces_go_on(struct pieces *pieces) {
    struct piece_sender *sender;

    while ((sender = TAILQ_FIRST(&pieces->waiting)) != NULL) {
        stop_waiting(sender);
        send_next(sender);
    }
}

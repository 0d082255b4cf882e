#include "http/stream.h"

#include "broker/broker.h"
#include "http/connection.h"
#include "http/metrics.h"

#define PIECE_EVENTS_MAX 256
#define COMMENT ":\n\n"

struct reader {
    h2o_generator_t super;
    h2o_linklist_t link; /* in streams.readers */
    struct streams *streams;
    struct call *call;
    uint64_t seq;         /* sent up to here */
    uint64_t first_seq;   /* the last event when it began */
    uint64_t bytes;       /* streams.bytes when the piece was sent */
    uint64_t taken_bytes; /* of streams.bytes: it has taken, or is being sent, so much */
    struct buffer piece;  /* on its way while is_sending */
    bool is_sending;
    bool is_ending;
    bool has_taken;   /* something, since on_stall() looked last */
    bool has_started; /* it got an event, was up to date, or said what it had last */
    bool has_gap;     /* what comes next is no longer kept: its end is on its way */
};

static struct reader *reader_at(h2o_linklist_t *node) {
    return H2O_STRUCT_FROM_MEMBER(struct reader, link, node);
}

/* Runs when the request's pool is cleared. */
static void reader_dispose(void *chunk) {
    struct reader *reader = chunk;

    if (h2o_linklist_is_linked(&reader->link)) {
        h2o_linklist_unlink(&reader->link);
        reader->streams->metrics->streams -= 1;
    }
    if (reader->call->connection->stream == reader) {
        reader->call->connection->stream = NULL;
    }
    buffer_deinit(&reader->piece);
}

static void append_gap(struct reader *reader, uint64_t next) {
    buffer_clear(&reader->piece);
    buffer_append_text(&reader->piece, ": events ");
    buffer_append_decimal(&reader->piece, reader->seq + 1);
    buffer_append_text(&reader->piece, " to ");
    buffer_append_decimal(&reader->piece, next - 1);
    buffer_append_text(&reader->piece, " are no longer kept: this stream ends here\n\n");
    reader->has_gap = true;
}

static void append_message(
        const struct streams *streams, struct buffer *buffer, const struct event *event) {
    buffer_append_text(buffer, "id: ");
    buffer_append_decimal(buffer, event->seq);
    buffer_append_text(buffer, "\ndata: ");
    streams->form->write(buffer, event);
    buffer_append_text(buffer, "\n\n");
}

static void append_event(void *userdata, const struct event *event) {
    struct reader *reader = userdata;
    size_t len = reader->piece.len;

    if (!reader->has_gap && reader->has_started && event->seq > reader->seq + 1) {
        append_gap(reader, event->seq);
    }
    if (reader->has_gap) {
        return;
    }
    reader->has_started = true;
    append_message(reader->streams, &reader->piece, event);
    reader->seq = event->seq;
    if (event->seq > reader->first_seq) {
        reader->taken_bytes += reader->piece.len - len;
    }
}

static void send_piece(struct reader *reader) {
    static char comment[] = COMMENT;
    h2o_iovec_t piece = h2o_iovec_init(comment, sizeof(comment) - 1);

    if (reader->piece.len > 0) {
        piece = h2o_iovec_init(reader->piece.data, reader->piece.len);
    }
    reader->is_sending = true;
    reader->bytes = reader->streams->bytes;
    h2o_send(reader->call->req, &piece, 1, H2O_SEND_STATE_IN_PROGRESS);
}

/* Ends a reader that cannot be served any longer. */
static void drop(struct reader *reader) {
    reader->is_ending = true;
    connection_shut_down(reader->call->connection);
    if (!reader->is_sending) {
        send_piece(reader); /* h2o reads nothing meanwhile, so only a write shows it the end */
    }
}

static void send_more(struct reader *reader) {
    uint64_t last = broker_counters(reader->streams->broker)->last_event;
    int error;

    if (reader->is_sending || reader->is_ending || reader->seq >= last) {
        return;
    }
    if (reader->has_gap) {
        drop(reader); /* the piece before said why */
        return;
    }
    buffer_clear(&reader->piece);
    error = broker_events(
            reader->streams->broker, reader->seq, PIECE_EVENTS_MAX, append_event, reader);
    if (error != 0 && broker_is_changing(reader->streams->broker)) {
        return; /* it is this turn that fails: the next piece, or heartbeat, has what was kept */
    }
    if (error != 0 || buffer_finish(&reader->piece) != 0) {
        drop(reader);
        return;
    }
    if (reader->piece.len > 0) {
        send_piece(reader);
    }
}

static void on_proceed(h2o_generator_t *self, h2o_req_t *req) {
    struct reader *reader = (struct reader *)self;

    reader->is_sending = false;
    reader->has_taken = true;
    send_more(reader);
}

static void send_comment(struct reader *reader) {
    buffer_clear(&reader->piece);
    send_piece(reader);
}

/*
 * While an answer goes out h2o reads nothing, so that only the next write shows that a client is
 * gone. A client that has sent its end may be gone, or may only have no more to send: a comment is
 * written to see which.
 */
static void on_input(h2o_socket_t *sock, const char *error) {
    const struct connection *connection = sock->on_close.data;
    struct reader *reader = connection->stream;

    if (error == NULL && sock->input->size <= GK_HEAD_MAX_BYTES) {
        return; /* the next request, too early: it waits */
    }
    h2o_socket_read_stop(sock);
    if (!reader->is_sending && !reader->is_ending) {
        send_comment(reader);
    }
}

static void watch(struct streams *streams, h2o_timeout_t *time, h2o_timeout_entry_t *entry) {
    if (!h2o_timeout_is_linked(entry)) {
        h2o_timeout_link(streams->context->loop, time, entry);
    }
}

static bool is_too_far_behind(const struct reader *reader) {
    uint64_t bytes = reader->streams->bytes - reader->taken_bytes;

    return reader->is_sending && !reader->is_ending && bytes > GK_STREAM_BEHIND_MAX_BYTES;
}

static void on_stall(h2o_timeout_entry_t *entry) {
    struct streams *streams = H2O_STRUCT_FROM_MEMBER(struct streams, stall, entry);

    for (h2o_linklist_t *node = streams->readers.next; node != &streams->readers;
            node = node->next) {
        struct reader *reader = reader_at(node);

        if (!is_too_far_behind(reader)) {
            continue;
        }
        if (!reader->has_taken) {
            drop(reader);
            continue;
        }
        reader->has_taken = false;
        watch(streams, &streams->stall_time, &streams->stall);
    }
}

static void on_heartbeat(h2o_timeout_entry_t *entry) {
    struct streams *streams = H2O_STRUCT_FROM_MEMBER(struct streams, heartbeat, entry);

    for (h2o_linklist_t *node = streams->readers.next; node != &streams->readers;
            node = node->next) {
        struct reader *reader = reader_at(node);

        if (!reader->is_sending && !reader->is_ending) {
            send_comment(reader);
        }
    }
    if (!h2o_linklist_is_empty(&streams->readers)) {
        watch(streams, &streams->heartbeat_time, &streams->heartbeat);
    }
}

void streams_init(struct streams *streams, h2o_context_t *context, struct broker *broker,
        const struct event_form *form, struct metrics *metrics) {
    *streams = (struct streams){
            .context = context,
            .broker = broker,
            .form = form,
            .metrics = metrics,
            .seq = broker_counters(broker)->last_event,
            .heartbeat = {.cb = on_heartbeat},
            .stall = {.cb = on_stall},
    };
    h2o_linklist_init_anchor(&streams->readers);
    h2o_timeout_init(context->loop, &streams->heartbeat_time, GK_STREAM_HEARTBEAT_MS);
    h2o_timeout_init(context->loop, &streams->stall_time, GK_STREAM_STALL_MS);
}

void streams_deinit(struct streams *streams) {
    h2o_timeout_unlink(&streams->heartbeat);
    h2o_timeout_unlink(&streams->stall);
    h2o_timeout_dispose(streams->context->loop, &streams->stall_time);
    h2o_timeout_dispose(streams->context->loop, &streams->heartbeat_time);
}

void stream_begin(struct streams *streams, struct call *call) {
    struct reader *reader = h2o_mem_alloc_shared(&call->req->pool, sizeof(*reader), reader_dispose);

    streams_publish(streams); /* what came before it counts for the others alone */
    *reader = (struct reader){
            .super = {.proceed = on_proceed},
            .streams = streams,
            .call = call,
            .seq = call->answer.stream_after,
            .first_seq = streams->seq,
            .taken_bytes = streams->bytes,
            .has_started = call->answer.stream_after > 0 || streams->seq == 0,
    };
    h2o_linklist_insert(&streams->readers, &reader->link);
    streams->metrics->streams += 1;
    watch(streams, &streams->heartbeat_time, &streams->heartbeat);
    call->connection->stream = reader;
    answer_write_head(&call->answer, call->req);
    h2o_start_response(call->req, &reader->super);
    h2o_socket_read_start(call->connection->sock, on_input);
    send_comment(reader); /* h2o sends the head with the first bytes, not before */
}

struct measure {
    const struct streams *streams;
    struct buffer message;
    uint64_t bytes;
};

static void measure(void *userdata, const struct event *event) {
    struct measure *measure = userdata;

    buffer_clear(&measure->message);
    append_message(measure->streams, &measure->message, event);
    measure->bytes += measure->message.len;
}

/* How much the stream has grown; a walk of what is new, only while somebody reads. */
static void grow(struct streams *streams, uint64_t last) {
    struct measure grown = {.streams = streams};

    if (!h2o_linklist_is_empty(&streams->readers)) {
        (void)broker_events(streams->broker, streams->seq, SIZE_MAX, measure, &grown);
    }
    buffer_deinit(&grown.message);
    streams->bytes += grown.bytes;
    streams->seq = last;
}

/* Ends those that took nothing while as much came as a reader may be behind. */
static void drop_stuck(struct streams *streams) {
    for (h2o_linklist_t *node = streams->readers.next; node != &streams->readers;
            node = node->next) {
        struct reader *reader = reader_at(node);

        if (reader->is_sending && !reader->is_ending &&
                streams->bytes - reader->bytes > GK_STREAM_BEHIND_MAX_BYTES) {
            drop(reader);
        }
    }
}

void streams_publish(struct streams *streams) {
    uint64_t last = broker_counters(streams->broker)->last_event;

    if (last == streams->seq) {
        return;
    }
    drop_stuck(streams);
    grow(streams, last);
    for (h2o_linklist_t *node = streams->readers.next; node != &streams->readers;
            node = node->next) {
        struct reader *reader = reader_at(node);

        send_more(reader);
        if (is_too_far_behind(reader)) {
            watch(streams, &streams->stall_time, &streams->stall);
        }
    }
}

void streams_close(struct streams *streams) {
    h2o_linklist_t *node = streams->readers.next;

    while (node != &streams->readers) {
        struct reader *reader = reader_at(node);

        node = node->next; /* the end of an HTTP/1.0 stream is the end of its reader */
        if (reader->is_sending) {
            drop(reader);
        } else if (!reader->is_ending) {
            reader->is_ending = true;
            h2o_socket_read_stop(reader->call->connection->sock);
            h2o_send(reader->call->req, NULL, 0, H2O_SEND_STATE_FINAL);
        }
    }
}

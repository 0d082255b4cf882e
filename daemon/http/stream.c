#include "http/stream.h"

#include "broker/broker.h"
#include "broker/events.h"
#include "broker/status.h"
#include "http/connection.h"
#include "http/metrics.h"

#define PIECE_EVENTS_MAX 256
#define COMMENT ":\n\n"
#define RESET_MESSAGE "event: reset\nid: 0\ndata: {}\n\n"

struct reader {
    h2o_generator_t super;
    TAILQ_ENTRY(reader) link; /* in streams.readers */
    struct streams *streams;
    struct call *call;
    uint64_t seq;         /* the last event that was sent */
    uint64_t first_seq;   /* the last event when the stream began */
    uint64_t bytes;       /* streams.bytes when the piece was sent */
    uint64_t taken_bytes; /* how much of streams.bytes it has taken or is being sent */
    struct buffer piece;  /* h2o reads it while is_sending */
    bool is_sending;
    bool is_ending;
    bool is_reset;    /* the state was: the next message says so and is the last */
    bool has_taken;   /* it has taken a piece since on_stall() looked last */
    bool has_started; /* a missing event before the next one is a gap */
    bool has_gap;     /* the next event is no longer kept: the piece says so and is the last */
};

/* Runs when the request's pool is cleared. */
static void reader_dispose(void *chunk) {
    struct reader *reader = chunk;

    TAILQ_REMOVE(&reader->streams->readers, reader, link);
    reader->streams->metrics->streams -= 1;
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

/* Ends a stream without its last chunk. */
static void drop(struct reader *reader) {
    reader->is_ending = true;
    connection_shut_down(reader->call->connection);
    if (!reader->is_sending) {
        send_piece(reader); /* h2o notices the end only when it writes */
    }
}

/* Ends a stream with its last chunk; the message (NULL: none) comes before it. */
static void finish(struct reader *reader, const char *message) {
    h2o_iovec_t piece = h2o_iovec_init(message, message != NULL ? strlen(message) : 0);

    reader->is_ending = true;
    h2o_socket_read_stop(reader->call->connection->sock);
    h2o_send(reader->call->req, &piece, message != NULL, H2O_SEND_STATE_FINAL);
}

static void send_more(struct reader *reader) {
    uint64_t last = broker_counters(reader->streams->broker)->last_event;
    int error;

    if (reader->is_reset && !reader->is_sending && !reader->is_ending) {
        finish(reader, RESET_MESSAGE);
        return;
    }
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
        return; /* the open turn fails; what was committed is sent with the next piece */
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
 * h2o does not read while it sends an answer, so it notices only at a write that a client is gone.
 * A client that has shut down its sending side may still read: a comment is sent to find out.
 */
static void on_input(h2o_socket_t *sock, const char *error) {
    const struct connection *connection = sock->on_close.data;
    struct reader *reader = connection->stream;

    if (error == NULL && sock->input->size <= GK_HEAD_MAX_BYTES) {
        return; /* the next request: it waits for the end of the stream */
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
    struct reader *reader;

    TAILQ_FOREACH(reader, &streams->readers, link) {
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
    struct reader *reader;

    TAILQ_FOREACH(reader, &streams->readers, link) {
        if (!reader->is_sending && !reader->is_ending) {
            send_comment(reader);
        }
    }
    if (!TAILQ_EMPTY(&streams->readers)) {
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
            .resets = broker_resets(broker),
            .heartbeat = {.cb = on_heartbeat},
            .stall = {.cb = on_stall},
    };
    TAILQ_INIT(&streams->readers);
}

/* With the first reader, since h2o looks at every timer for each request. */
static void start_timers(struct streams *streams) {
    if (!streams->has_timers) {
        h2o_timeout_init(streams->context->loop, &streams->heartbeat_time, GK_STREAM_HEARTBEAT_MS);
        h2o_timeout_init(streams->context->loop, &streams->stall_time, GK_STREAM_STALL_MS);
        streams->has_timers = true;
    }
}

void streams_deinit(struct streams *streams) {
    if (streams->has_timers) {
        h2o_timeout_unlink(&streams->heartbeat);
        h2o_timeout_unlink(&streams->stall);
        h2o_timeout_dispose(streams->context->loop, &streams->stall_time);
        h2o_timeout_dispose(streams->context->loop, &streams->heartbeat_time);
    }
}

void stream_begin(struct streams *streams, struct call *call) {
    struct reader *reader = h2o_mem_alloc_shared(&call->req->pool, sizeof(*reader), reader_dispose);

    streams_publish(streams); /* the new reader is not behind by earlier events */
    *reader = (struct reader){
            .super = {.proceed = on_proceed},
            .streams = streams,
            .call = call,
            .seq = call->answer.stream_after,
            .first_seq = streams->seq,
            .taken_bytes = streams->bytes,
            .has_started = call->answer.stream_after > 0 || streams->seq == 0,
    };
    TAILQ_INSERT_TAIL(&streams->readers, reader, link);
    streams->metrics->streams += 1;
    start_timers(streams);
    watch(streams, &streams->heartbeat_time, &streams->heartbeat);
    call->connection->stream = reader;
    answer_write_head(&call->answer, call->req);
    h2o_start_response(call->req, &reader->super);
    h2o_socket_read_start(call->connection->sock, on_input);
    send_comment(reader); /* h2o sends the head together with the first bytes of the body */
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

/* Adds the length of the new events, which are walked only if there are readers. */
static void add_new_bytes(struct streams *streams, uint64_t last) {
    struct measure added = {.streams = streams};

    if (!TAILQ_EMPTY(&streams->readers)) {
        (void)broker_events(streams->broker, streams->seq, SIZE_MAX, measure, &added);
    }
    buffer_deinit(&added.message);
    streams->bytes += added.bytes;
    streams->seq = last;
}

/* Ends the readers that took nothing while GK_STREAM_BEHIND_MAX_BYTES of events came. */
static void drop_stuck(struct streams *streams) {
    struct reader *reader;

    TAILQ_FOREACH(reader, &streams->readers, link) {
        if (reader->is_sending && !reader->is_ending &&
                streams->bytes - reader->bytes > GK_STREAM_BEHIND_MAX_BYTES) {
            drop(reader);
        }
    }
}

/* The readers of before a reset are told of it, and their streams end. */
static void end_before_reset(struct streams *streams) {
    struct reader *next;

    streams->resets = broker_resets(streams->broker);
    streams->seq = 0;
    for (struct reader *reader = TAILQ_FIRST(&streams->readers); reader != NULL; reader = next) {
        next = TAILQ_NEXT(reader, link); /* h2o frees an HTTP/1.0 reader at once */
        reader->is_reset = true;
        send_more(reader);
    }
}

void streams_publish(struct streams *streams) {
    uint64_t last = broker_counters(streams->broker)->last_event;
    struct reader *reader;

    if (streams->resets != broker_resets(streams->broker)) {
        end_before_reset(streams);
    }
    if (last == streams->seq) {
        return;
    }
    drop_stuck(streams);
    add_new_bytes(streams, last);
    TAILQ_FOREACH(reader, &streams->readers, link) {
        send_more(reader);
        if (is_too_far_behind(reader)) {
            watch(streams, &streams->stall_time, &streams->stall);
        }
    }
}

void streams_close(struct streams *streams) {
    struct reader *next;

    for (struct reader *reader = TAILQ_FIRST(&streams->readers); reader != NULL; reader = next) {
        next = TAILQ_NEXT(reader, link); /* h2o frees an HTTP/1.0 reader at once */
        if (reader->is_sending) {
            drop(reader);
        } else if (!reader->is_ending) {
            finish(reader, NULL);
        }
    }
}

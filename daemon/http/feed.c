#include "http/feed.h"

#include "api/ghostkey/reply.h"

#define PIECE_EVENTS_MAX 256
#define COMMENT ":\n\n"

struct reader {
    h2o_generator_t super;
    h2o_linklist_t link; /* in feed.readers */
    struct feed *feed;
    struct delivery *delivery;
    uint64_t seq;         /* sent up to here */
    uint64_t first_seq;   /* the last that there was when it began */
    uint64_t bytes;       /* of the feed, when the piece was sent */
    uint64_t taken_bytes; /* of the feed: it has taken, or is sent, all up to there */
    struct buffer piece;  /* on its way while sending */
    bool sending;
    bool leaving;
    bool has_taken;   /* something, since on_stall() looked last */
    bool has_started; /* it got an event, was up to date, or said what it had last */
    bool has_gap;     /* what comes next is no longer kept: its end is on its way */
};

/* Runs when the request's pool is cleared. */
static void reader_dispose(void *chunk) {
    struct reader *reader = chunk;

    if (h2o_linklist_is_linked(&reader->link)) {
        h2o_linklist_unlink(&reader->link);
        reader->feed->metrics->streams -= 1;
    }
    if (reader->delivery->connection->stream == reader) {
        reader->delivery->connection->stream = NULL;
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
    reply_stream_event(&reader->piece, event);
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
    reader->sending = true;
    reader->bytes = reader->feed->bytes;
    h2o_send(reader->delivery->req, &piece, 1, H2O_SEND_STATE_IN_PROGRESS);
}

/* A reader that cannot be served any longer; h2o ends the connection when it notices. */
static void drop(struct reader *reader) {
    reader->leaving = true;
    connection_hang_up(reader->delivery->connection);
    if (!reader->sending) {
        send_piece(reader); /* h2o notices by a write alone: it reads nothing meanwhile */
    }
}

static void send_more(struct reader *reader) {
    uint64_t last = broker_counters(reader->feed->broker)->last_event;
    int error;

    if (reader->sending || reader->leaving || reader->seq >= last) {
        return;
    }
    if (reader->has_gap) {
        drop(reader); /* it was told why */
        return;
    }
    buffer_clear(&reader->piece);
    error = broker_events(
            reader->feed->broker, reader->seq, PIECE_EVENTS_MAX, append_event, reader);
    if (error != 0 && broker_is_changing(reader->feed->broker)) {
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

    reader->sending = false;
    reader->has_taken = true;
    send_more(reader);
}

static void send_comment(struct reader *reader) {
    buffer_clear(&reader->piece);
    send_piece(reader);
}

/*
 * While an answer goes out h2o reads nothing, so a stream's end would show only at the next write.
 * A reader that has sent its end may be gone, or may only have no more to say: a comment tells.
 */
static void on_input(h2o_socket_t *sock, const char *error) {
    const struct connection *connection = sock->on_close.data;
    struct reader *reader = connection->stream;

    if (error == NULL && sock->input->size <= GK_HEAD_MAX_BYTES) {
        return; /* the next request, too early: it waits */
    }
    h2o_socket_read_stop(sock);
    if (!reader->sending && !reader->leaving) {
        send_comment(reader);
    }
}

static void watch(struct feed *feed, h2o_timeout_t *time, h2o_timeout_entry_t *entry) {
    if (!h2o_timeout_is_linked(entry)) {
        h2o_timeout_link(feed->context->loop, time, entry);
    }
}

static bool is_too_far_behind(const struct reader *reader) {
    uint64_t bytes = reader->feed->bytes - reader->taken_bytes;

    return reader->sending && !reader->leaving && bytes > GK_STREAM_BEHIND_MAX_BYTES;
}

static void on_stall(h2o_timeout_entry_t *entry) {
    struct feed *feed = H2O_STRUCT_FROM_MEMBER(struct feed, stall, entry);

    for (h2o_linklist_t *node = feed->readers.next; node != &feed->readers; node = node->next) {
        struct reader *reader = H2O_STRUCT_FROM_MEMBER(struct reader, link, node);

        if (!is_too_far_behind(reader)) {
            continue;
        }
        if (!reader->has_taken) {
            drop(reader);
            continue;
        }
        reader->has_taken = false;
        watch(feed, &feed->stall_time, &feed->stall);
    }
}

static void on_heartbeat(h2o_timeout_entry_t *entry) {
    struct feed *feed = H2O_STRUCT_FROM_MEMBER(struct feed, heartbeat, entry);

    for (h2o_linklist_t *node = feed->readers.next; node != &feed->readers; node = node->next) {
        struct reader *reader = H2O_STRUCT_FROM_MEMBER(struct reader, link, node);

        if (!reader->sending && !reader->leaving) {
            send_comment(reader);
        }
    }
    if (!h2o_linklist_is_empty(&feed->readers)) {
        watch(feed, &feed->heartbeat_time, &feed->heartbeat);
    }
}

void feed_init(
        struct feed *feed, h2o_context_t *context, struct broker *broker, struct metrics *metrics) {
    *feed = (struct feed){
            .context = context,
            .broker = broker,
            .metrics = metrics,
            .seq = broker_counters(broker)->last_event,
            .heartbeat = {.cb = on_heartbeat},
            .stall = {.cb = on_stall},
    };
    h2o_linklist_init_anchor(&feed->readers);
    h2o_timeout_init(context->loop, &feed->heartbeat_time, GK_STREAM_HEARTBEAT_MS);
    h2o_timeout_init(context->loop, &feed->stall_time, GK_STREAM_STALL_MS);
}

void feed_deinit(struct feed *feed) {
    h2o_timeout_unlink(&feed->heartbeat);
    h2o_timeout_unlink(&feed->stall);
    h2o_timeout_dispose(feed->context->loop, &feed->stall_time);
    h2o_timeout_dispose(feed->context->loop, &feed->heartbeat_time);
}

void feed_begin(struct feed *feed, struct delivery *delivery) {
    struct reader *reader =
            h2o_mem_alloc_shared(&delivery->req->pool, sizeof(*reader), reader_dispose);

    feed_publish(feed); /* so that what came before it counts for the others alone */
    *reader = (struct reader){
            .super = {.proceed = on_proceed},
            .feed = feed,
            .delivery = delivery,
            .seq = delivery->exchange.answer.stream_after,
            .first_seq = feed->seq,
            .taken_bytes = feed->bytes,
            .has_started = delivery->exchange.answer.stream_after > 0 || feed->seq == 0,
    };
    h2o_linklist_insert(&feed->readers, &reader->link);
    feed->metrics->streams += 1;
    watch(feed, &feed->heartbeat_time, &feed->heartbeat);
    delivery->connection->stream = reader;
    h2o_start_response(delivery->req, &reader->super);
    h2o_socket_read_start(delivery->connection->sock, on_input);
    send_comment(reader); /* h2o sends the head with the first bytes, not before */
}

struct measure {
    struct buffer message;
    uint64_t bytes;
};

static void measure(void *userdata, const struct event *event) {
    struct measure *measure = userdata;

    buffer_clear(&measure->message);
    reply_stream_event(&measure->message, event);
    measure->bytes += measure->message.len;
}

/* How much the stream has grown; a walk of what is new, only while somebody reads. */
static void grow(struct feed *feed, uint64_t last) {
    struct measure grown = {0};

    if (!h2o_linklist_is_empty(&feed->readers)) {
        (void)broker_events(feed->broker, feed->seq, SIZE_MAX, measure, &grown);
    }
    buffer_deinit(&grown.message);
    feed->bytes += grown.bytes;
    feed->seq = last;
}

/* Those that took nothing while as much came as any may be behind. */
static void drop_stuck(struct feed *feed) {
    for (h2o_linklist_t *node = feed->readers.next; node != &feed->readers; node = node->next) {
        struct reader *reader = H2O_STRUCT_FROM_MEMBER(struct reader, link, node);

        if (reader->sending && !reader->leaving &&
                feed->bytes - reader->bytes > GK_STREAM_BEHIND_MAX_BYTES) {
            drop(reader);
        }
    }
}

void feed_publish(struct feed *feed) {
    uint64_t last = broker_counters(feed->broker)->last_event;

    if (last == feed->seq) {
        return;
    }
    drop_stuck(feed);
    grow(feed, last);
    for (h2o_linklist_t *node = feed->readers.next; node != &feed->readers; node = node->next) {
        struct reader *reader = H2O_STRUCT_FROM_MEMBER(struct reader, link, node);

        send_more(reader);
        if (is_too_far_behind(reader)) {
            watch(feed, &feed->stall_time, &feed->stall);
        }
    }
}

void feed_close(struct feed *feed) {
    h2o_linklist_t *node = feed->readers.next;

    while (node != &feed->readers) {
        struct reader *reader = H2O_STRUCT_FROM_MEMBER(struct reader, link, node);

        node = node->next; /* the end of an HTTP/1.0 stream is the end of its reader */
        if (reader->sending) {
            drop(reader);
        } else if (!reader->leaving) {
            reader->leaving = true;
            h2o_socket_read_stop(reader->delivery->connection->sock);
            h2o_send(reader->delivery->req, NULL, 0, H2O_SEND_STATE_FINAL);
        }
    }
}

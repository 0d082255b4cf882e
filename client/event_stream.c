#include "event_stream.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "broker_client.h"
#include "http.h"
#include "output.h"

#define PAUSE_FIRST_MS 20
#define PAUSE_MAX_MS 1000
#define PAUSES_SILENT 6 /* over a second in all: longer than a restart takes */

#define FIELD_ID "id: "
#define FIELD_DATA "data: "

struct event_stream {
    const struct target *target;
    struct http_client *http; /* NULL: broken */
    struct buffer bytes;
    size_t read;      /* of `bytes` */
    struct buffer id; /* of the last event that was whole */
    struct buffer next_id;
    struct buffer data;
    bool accepted; /* the daemon has answered 200 */
    bool broken_before;
    int pauses; /* since the stream broke */
};

static int pause_ms(const struct event_stream *stream) {
    int pause = PAUSE_FIRST_MS << (stream->pauses < PAUSES_SILENT ? stream->pauses : PAUSES_SILENT);

    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static int open_http(struct event_stream *stream) {
    AUTO_BUFFER path = {0};
    struct http_request request = {.method = "GET", .accept = GK_MEDIA_STREAM};
    int rc = http_client_new(stream->target, &stream->http);

    if (rc == 0) {
        /* After a break a number that the log does not have yet means that it is another log. */
        buffer_append_text(&path, GK_ROUTE_EVENTS);
        if (stream->broken_before) {
            request.last_event_id = stream->id.data;
        } else {
            buffer_printf(&path, "?after=%s", stream->id.data);
        }
        request.path = path.data;
        buffer_clear(&stream->bytes);
        buffer_clear(&stream->data);
        stream->read = 0;
        stream->accepted = false;
        http_begin(stream->http, &request);
    }
    return rc;
}

/* A reader that begins now asks for where the log is first: what comes after a break is then known,
 * even if nothing had come before it. */
static int find_now(struct event_stream *stream) {
    AUTO_BROKER *broker = NULL;
    AUTO_ANSWER answer = {0};
    const json_t *last;
    int rc = broker_client_open(stream->target, &broker);

    rc = rc != GK_EXIT_DONE ? rc : broker_status(broker, &answer);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    last = json_object_get(answer.document, "last_event");
    if (!json_is_integer(last)) {
        return broker_answer_misunderstood("no 'last_event'");
    }
    buffer_printf(&stream->id, "%lld", (long long)json_integer_value(last));
    return GK_EXIT_DONE;
}

int event_stream_open(
        const struct target *target, const char *after, struct event_stream **ret_stream) {
    AUTO_EVENT_STREAM *stream = memory_resize(NULL, 1, sizeof(*stream));
    int rc = GK_EXIT_DONE;

    *stream = (struct event_stream){.target = target};
    if (after != NULL) {
        buffer_append_text(&stream->id, after);
    } else {
        rc = find_now(stream);
    }
    if (rc == GK_EXIT_DONE) {
        rc = open_http(stream);
        rc = rc < 0 ? broker_unreachable(target, -rc) : GK_EXIT_DONE;
    }
    if (rc == GK_EXIT_DONE) {
        *ret_stream = gk_steal(&stream);
    }
    return rc;
}

struct event_stream *event_stream_close(struct event_stream *stream) {
    if (stream != NULL) {
        stream->http = http_client_free(stream->http);
        buffer_deinit(&stream->bytes);
        buffer_deinit(&stream->id);
        buffer_deinit(&stream->next_id);
        buffer_deinit(&stream->data);
        free(stream);
    }
    return NULL;
}

static void take_field(struct buffer *field, const char *line, size_t length, const char *name) {
    size_t name_length = strlen(name);

    if (length >= name_length && memcmp(line, name, name_length) == 0) {
        buffer_clear(field);
        buffer_append(field, line + name_length, length - name_length);
    }
}

static void copy(struct buffer *to, const struct buffer *from) {
    buffer_clear(to);
    buffer_append(to, from->data != NULL ? from->data : "", from->length);
}

/* Reads lines up to the end of the next event; whether there was one. */
static bool take_event(struct event_stream *stream, struct buffer *event) {
    while (stream->read < stream->bytes.length) {
        const char *line = stream->bytes.data + stream->read;
        const char *end = memchr(line, '\n', stream->bytes.length - stream->read);
        size_t length;

        if (end == NULL) {
            return false;
        }
        length = (size_t)(end - line);
        stream->read += length + 1;
        take_field(&stream->next_id, line, length, FIELD_ID);
        take_field(&stream->data, line, length, FIELD_DATA);
        if (length == 0 && stream->data.length > 0) {
            copy(&stream->id, &stream->next_id);
            copy(event, &stream->data);
            buffer_clear(&stream->data);
            return true;
        }
    }
    return false;
}

/* What was read is dropped, so that the buffer does not grow. */
static void drop_read(struct event_stream *stream) {
    size_t left = stream->bytes.length - stream->read;

    if (stream->read > 0) {
        memmove(stream->bytes.data, stream->bytes.data + stream->read, left);
        stream->bytes.length = left;
        stream->read = 0;
    }
}

/* The stream is broken: waits a while, then tries once to open it again. */
static void try_again(struct event_stream *stream, int wake_fd, int timeout_ms) {
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    int pause = pause_ms(stream);

    /* A shorter wait starts the pause anew: nobody waits in steps shorter than it for long. */
    if (timeout_ms >= 0 && timeout_ms < pause) {
        (void)poll(&wake, 1, timeout_ms); /* woken or not, the caller looks */
        return;
    }
    if (poll(&wake, 1, pause) != 0) {
        return;
    }
    if (stream->pauses++ == PAUSES_SILENT) {
        output_warning("the daemon at %s is away; waiting for it", stream->target->shown);
    }
    (void)open_http(stream); /* not yet there: the pause grows */
}

/* The stream's answer has begun: whether it is a stream. */
static int accept_answer(struct event_stream *stream, enum event_stream_news *ret_news) {
    if (stream->broken_before) {
        *ret_news = EVENT_STREAM_BACK;
    }
    if (stream->pauses > PAUSES_SILENT) {
        output_warning("the daemon at %s is back", stream->target->shown);
    }
    stream->accepted = true;
    stream->pauses = 0;
    return GK_EXIT_DONE;
}

static int look(struct event_stream *stream, int wake_fd, int timeout_ms,
        enum event_stream_news *ret_news, struct buffer *event) {
    int ended = http_stream_wait(stream->http, wake_fd, timeout_ms, &stream->bytes);
    int status = http_stream_status(stream->http);

    if (status == 200 && !stream->accepted) {
        return accept_answer(stream, ret_news);
    }
    if (status == 200 && take_event(stream, event)) {
        *ret_news = EVENT_STREAM_EVENT;
        return GK_EXIT_DONE;
    }
    if (ended < 0 && status != 0 && status != 200) {
        return broker_refused(status, &stream->bytes);
    }
    if (ended < 0) {
        stream->http = http_client_free(stream->http);
        stream->broken_before = true;
    }
    return GK_EXIT_DONE;
}

int event_stream_wait(struct event_stream *stream, int wake_fd, int timeout_ms,
        enum event_stream_news *ret_news, struct buffer *ret_event) {
    *ret_news = EVENT_STREAM_NOTHING;
    if (stream->accepted && take_event(stream, ret_event)) {
        *ret_news = EVENT_STREAM_EVENT;
        return GK_EXIT_DONE;
    }
    drop_read(stream);
    if (stream->http == NULL) {
        try_again(stream, wake_fd, timeout_ms);
        return GK_EXIT_DONE;
    }
    return look(stream, wake_fd, timeout_ms, ret_news, ret_event);
}

#include "wire/event_stream.h"

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "terminal/output.h"
#include "wire/broker_client.h"
#include "wire/broker_refusal.h"
#include "wire/event_place.h"
#include "wire/http.h"

#define PAUSE_FIRST_MS 20
#define PAUSE_MAX_MS 1000
#define PAUSES_SILENT 6 /* over a second together: longer than a restart takes */

#define LINE_MAX_BYTES ((size_t)1024 * 1024) /* a hundred times the size of an event */

#define FIELD_ID "id: "
#define FIELD_DATA "data: "

struct event_stream {
    const struct target *target;
    struct http_client *http; /* NULL: broken */
    struct buffer bytes;
    size_t read;              /* of `bytes` */
    struct buffer id;         /* of the event that is being read */
    struct buffer data;       /* the same */
    bool wants_each;          /* false: it matters only that something happened */
    struct event_place place; /* kept up to date only if `wants_each` */
    bool accepted;            /* the daemon has answered 200 */
    bool broken_before;
    int pauses; /* since the stream broke */
};

static int pause_ms(const struct event_stream *stream) {
    int pause = PAUSE_FIRST_MS << (stream->pauses < PAUSES_SILENT ? stream->pauses : PAUSES_SILENT);

    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static int open_http(struct event_stream *stream) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    BUFFER_AUTO struct buffer id = BUFFER_NULL;
    struct http_request request = {.method = "GET", .accept = GK_MEDIA_STREAM};
    int error = http_client_new(stream->target, &stream->http);

    if (error != 0) {
        return error;
    }
    buffer_append_text(&path, GK_ROUTE_EVENTS);
    if (!stream->broken_before) {
        buffer_printf(&path, "?after=%" PRIu64, stream->place.seq);
    } else if (stream->wants_each) {
        /* A daemon that was reset has no event of that number yet: it then begins with its first
         * event. */
        buffer_printf(&id, "%" PRIu64, event_place_resume(&stream->place));
        request.last_event_id = buffer_string(&id);
    }
    request.path = buffer_string(&path);
    buffer_clear(&stream->bytes);
    buffer_clear(&stream->id);
    buffer_clear(&stream->data);
    stream->read = 0;
    stream->accepted = false;
    http_begin(stream->http, &request);
    return 0;
}

/* A stream from now on begins behind the newest event, so that it can continue after a break even
 * if no event had come before. */
static int find_place(struct event_stream *stream, const char *after) {
    int error;

    if (after != NULL) {
        stream->place.seq = strtoull(after, NULL, 10);
        stream->place.accepts_any = stream->place.seq == 0;
        return 0;
    }
    error = event_place_find_end(&stream->place, stream->target);
    if (error != 0 || !stream->wants_each) {
        return error;
    }
    return event_place_find_last(&stream->place, stream->target);
}

static int open_stream(
        struct event_stream *new, const char *after, struct event_stream **ret_stream) {
    EVENT_STREAM_AUTO struct event_stream *stream = new; /* consumed */
    int error = find_place(stream, after);

    if (error != 0) {
        return error;
    }
    error = open_http(stream);
    if (error < 0) {
        return broker_unreachable(stream->target, -error);
    }
    *ret_stream = gk_steal(&stream);
    return GK_EXIT_DONE;
}

int event_stream_open(
        const struct target *target, const char *after, struct event_stream **ret_stream) {
    struct event_stream *stream = heap_resize(NULL, 1, sizeof(*stream));

    *stream = (struct event_stream){.target = target, .wants_each = true};
    return open_stream(stream, after, ret_stream);
}

int event_stream_open_changes(const struct target *target, struct event_stream **ret_stream) {
    struct event_stream *stream = heap_resize(NULL, 1, sizeof(*stream));

    *stream = (struct event_stream){.target = target};
    return open_stream(stream, NULL, ret_stream);
}

struct event_stream *event_stream_close(struct event_stream *stream) {
    if (stream != NULL) {
        stream->http = http_client_free(stream->http);
        buffer_deinit(&stream->bytes);
        buffer_deinit(&stream->id);
        buffer_deinit(&stream->data);
        event_place_deinit(&stream->place);
        free(stream);
    }
    return NULL;
}

static void take_field(struct buffer *field, const char *line, size_t len, const char *name) {
    size_t name_len = strlen(name);

    if (len >= name_len && memcmp(line, name, name_len) == 0) {
        buffer_clear(field);
        buffer_append(field, line + name_len, len - name_len);
    }
}

static void copy(struct buffer *to, const struct buffer *from) {
    buffer_clear(to);
    buffer_append(to, buffer_string(from), from->len);
}

/* Reads lines up to the end of the next event. True once the event is whole. */
static bool read_event(struct event_stream *stream) {
    while (stream->read < stream->bytes.len) {
        const char *line = stream->bytes.data + stream->read;
        const char *end = memchr(line, '\n', stream->bytes.len - stream->read);
        size_t len;

        if (end == NULL) {
            return false;
        }
        len = (size_t)(end - line);
        stream->read += len + 1;
        take_field(&stream->id, line, len, FIELD_ID);
        take_field(&stream->data, line, len, FIELD_DATA);
        if (len == 0 && stream->data.len > 0) {
            return true;
        }
    }
    return false;
}

/* Takes the next event that was not returned before, if it has come. */
static int take_event(
        struct event_stream *stream, enum event_stream_news *ret_news, struct buffer *event) {
    while (*ret_news == EVENT_STREAM_NOTHING && read_event(stream)) {
        bool is_known = false;

        if (stream->wants_each) {
            int error = event_place_take(&stream->place, stream->target->shown,
                    buffer_string(&stream->id), &stream->data, &is_known);

            if (error != 0) {
                return error;
            }
        }
        if (!is_known) {
            copy(event, &stream->data);
            *ret_news = EVENT_STREAM_EVENT;
        }
        buffer_clear(&stream->id);
        buffer_clear(&stream->data);
    }
    if (*ret_news == EVENT_STREAM_NOTHING && stream->bytes.len - stream->read > LINE_MAX_BYTES) {
        return broker_answer_misunderstood("a line of a stream is longer than 1 MiB");
    }
    return GK_EXIT_DONE;
}

/* Removes what was read, so that the buffer does not grow. */
static void drop_read(struct event_stream *stream) {
    size_t left = stream->bytes.len - stream->read;

    if (stream->read > 0) {
        memmove(stream->bytes.data, stream->bytes.data + stream->read, left);
        stream->bytes.len = left;
        stream->read = 0;
    }
}

/* The stream is broken: waits a while, then tries once to open it again. */
static void try_again(struct event_stream *stream, int wake_fd, int timeout_ms) {
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    int pause = pause_ms(stream);

    /* A shorter wait does not count towards the pause; callers make few of them. */
    if (timeout_ms >= 0 && timeout_ms < pause) {
        (void)poll(&wake, 1, timeout_ms); /* the caller looks at wake_fd itself */
        return;
    }
    if (poll(&wake, 1, pause) != 0) {
        return;
    }
    if (stream->pauses++ == PAUSES_SILENT) {
        output_warning("the daemon at %s is away; waiting for it", stream->target->shown);
    }
    (void)open_http(stream); /* if it fails, the next pause is longer */
}

/* The answer has begun with 200. */
static void accept_answer(struct event_stream *stream, enum event_stream_news *ret_news) {
    if (stream->broken_before) {
        *ret_news = EVENT_STREAM_REOPENED;
    }
    if (stream->pauses > PAUSES_SILENT) {
        output_warning("the daemon at %s is back", stream->target->shown);
    }
    stream->accepted = true;
    stream->pauses = 0;
}

static int look(struct event_stream *stream, int wake_fd, int timeout_ms,
        enum event_stream_news *ret_news, struct buffer *event) {
    int ended = http_stream_wait(stream->http, wake_fd, timeout_ms, &stream->bytes);
    int status = http_stream_status(stream->http);

    if (status == 200 && !stream->accepted) {
        accept_answer(stream, ret_news);
        return 0;
    }
    if (status == 200) {
        int error = take_event(stream, ret_news, event);

        if (error != 0 || *ret_news == EVENT_STREAM_EVENT) {
            return error;
        }
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
    if (stream->accepted) {
        int error = take_event(stream, ret_news, ret_event);

        if (error != 0 || *ret_news == EVENT_STREAM_EVENT) {
            return error;
        }
    }
    drop_read(stream);
    if (stream->http == NULL) {
        try_again(stream, wake_fd, timeout_ms);
        return GK_EXIT_DONE;
    }
    return look(stream, wake_fd, timeout_ms, ret_news, ret_event);
}

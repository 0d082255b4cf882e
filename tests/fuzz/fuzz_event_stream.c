/*
 * The client's reader of event streams. If the first byte is odd, the rest is the answer of a
 * daemon, head and body; if it is even, the rest is the body, in one chunk. The bytes come all at
 * once, and then a few at a time, each when those before were read: the events are the same both
 * times. Faults are printed: give libFuzzer -close_fd_mask=2.
 */
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "listen.h"
#include "wire/event_stream.h"

/* Shorter than any pause after which a broken stream is opened again, so it never is. */
#define WAIT_MS 10

/* A client that takes the answer for complete reads no more of it. */
#define LOOKS_MAX 1000

#define HEAD \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

static int listener = -1;
static struct target target;

struct said {
    const char *data;
    size_t size;
    size_t step; /* bytes at a time */
    atomic_bool done;
};

/* Whether the client still has bytes to read. */
static bool is_behind(int client) {
    int unread = 0;

    return ioctl(client, SIOCOUTQ, &unread) == 0 && unread > 0;
}

/* Sends the answer once the request has come. */
static void *serve(void *userdata) {
    struct said *said = userdata;
    char request[4096];
    int client = accept(listener, NULL, NULL);
    ssize_t sent;

    MUST(client >= 0);
    sent = recv(client, request, sizeof(request), 0);
    for (size_t at = 0; sent > 0 && at < said->size; at += (size_t)sent) {
        size_t left = said->size - at;

        sent = send(client, said->data + at, left < said->step ? left : said->step, MSG_NOSIGNAL);
        for (int looks = 0; sent > 0 && looks < LOOKS_MAX && is_behind(client); looks++) {
            (void)sched_yield(); /* never fails */
        }
    }
    (void)close(client);
    atomic_store(&said->done, true);
    return NULL;
}

/* Adds each event, a line each, until the stream has broken. */
static void read_events(const struct buffer *answer, size_t step, struct buffer *events) {
    struct said said = {.data = answer->data, .size = answer->len, .step = step};
    struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    pthread_t server;
    int error = GK_EXIT_DONE;

    MUST(pthread_create(&server, NULL, serve, &said) == 0);
    MUST(event_stream_open(&target, "0", &stream) == GK_EXIT_DONE);
    for (int idle = 0; error == 0 && idle < 2;) {
        bool done = atomic_load(&said.done);
        enum event_stream_news news;

        error = event_stream_wait(stream, -1, done ? 0 : WAIT_MS, &news, &event);
        idle = done && news == EVENT_STREAM_NOTHING ? idle + 1 : 0;
        if (error == 0 && news == EVENT_STREAM_EVENT) {
            MUST(event.len > 0 && memchr(event.data, '\n', event.len) == NULL);
            buffer_append(events, event.data, event.len);
            buffer_append_byte(events, '\n');
        }
    }
    (void)event_stream_close(stream);
    MUST(pthread_join(server, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    BUFFER_AUTO struct buffer answer = BUFFER_NULL;
    BUFFER_AUTO struct buffer whole = BUFFER_NULL;
    BUFFER_AUTO struct buffer cut = BUFFER_NULL;

    if (listener < 0) {
        listener = listen_somewhere(&target);
    }
    if (size < 2) {
        return 0;
    }
    if (data[0] % 2 == 0) { /* no last chunk: a stream ends when its connection breaks */
        buffer_printf(&answer, HEAD "%zx\r\n", size - 1);
    }
    buffer_append(&answer, (const char *)data + 1, size - 1);
    read_events(&answer, answer.len, &whole);
    read_events(&answer, data[0] / 2 + 1, &cut);
    MUST(whole.len == cut.len);
    MUST(whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0);
    return 0;
}

/* Event streams against a server of the test's own: it answers one connection after another, each
 * with prepared bytes, one at a time unless they are many, and then closes it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <ghostkey/error.h>

#include "own_socket.h"
#include "support/test.h"
#include "wire/event_stream.h"

#define HEAD \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define DEADLINE_S 20
#define HEAD_MAX_BYTES 4096

struct turn {
    const char *answer;
    const char *asked; /* must be in the request; the server ends if it is not */
};

struct fixture {
    struct own_socket own;
    pid_t server;
};

static void answer(int listener, const struct turn *turn) {
    char head[HEAD_MAX_BYTES] = "";
    size_t len = 0;
    size_t left, step;
    int fd = accept(listener, NULL, NULL);

    while (strstr(head, "\r\n\r\n") == NULL && len < sizeof(head) - 1) {
        ssize_t more = read(fd, head + len, sizeof(head) - 1 - len);

        if (more <= 0) {
            break;
        }
        len += (size_t)more;
    }
    if (strstr(head, turn->asked) == NULL) {
        _exit(1);
    }
    left = strlen(turn->answer);
    step = left > HEAD_MAX_BYTES ? HEAD_MAX_BYTES : 1;
    for (const char *at = turn->answer; left > 0;) {
        ssize_t written = write(fd, at, left < step ? left : step);

        if (written <= 0) {
            break; /* the client has seen the last event, and closed */
        }
        at += written;
        left -= (size_t)written;
    }
    (void)close(fd);
}

static void serve(struct fixture *fixture, const struct turn *turns, size_t count) {
    int listener = own_socket_listen(&fixture->own);

    fixture->server = fork();
    if (fixture->server == 0) {
        (void)alarm(DEADLINE_S);
        for (size_t i = 0; i < count; i++) {
            answer(listener, &turns[i]);
        }
        _exit(0);
    }
    (void)close(listener);
}

static int finish(struct fixture *fixture) {
    int status = -1;

    assert_int_equal(waitpid(fixture->server, &status, 0), fixture->server);
    own_socket_remove(&fixture->own);
    return status;
}

/* The next news that is not EVENT_STREAM_NOTHING. */
static enum event_stream_news next(struct event_stream *stream, struct buffer *event) {
    enum event_stream_news news = EVENT_STREAM_NOTHING;

    (void)alarm(DEADLINE_S);
    while (news == EVENT_STREAM_NOTHING) {
        assert_int_equal(event_stream_wait(stream, -1, -1, &news, event), GK_EXIT_DONE);
    }
    (void)alarm(0);
    return news;
}

static void assert_event(struct event_stream *stream, const char *wanted) {
    BUFFER_AUTO struct buffer event = BUFFER_NULL;

    assert_int_equal(next(stream, &event), EVENT_STREAM_EVENT);
    assert_string_equal(buffer_string(&event), wanted);
}

static void events_come_whole_and_continue_after_breaks(void **state) {
    static const struct turn turns[] = {
            /* a comment, an event over two chunks, and half of one that is never whole */
            {HEAD "3\r\n:\n\n\r\n"
                  "f\r\nid: 7\ndata: {\"a\r\n"
                  "7\r\n\":1}\n\ni\r\n"
                  "c\r\nd: 8\ndata: {\r\n",
                    "GET /v1/events?after=6 "},
            /* event 7 once more, which is not returned twice */
            {HEAD "12\r\nid: 7\ndata: {\"a\":1\r\n3\r\n}\n\n\r\n"
                  "12\r\nid: 8\ndata: {\"b\"}\n\r\n1\r\n\n\r\n"
                  "21\r\nid: 9\ndata: {}\n\nid: 10\ndata: []\n\n\r\n0\r\n\r\n",
                    "\r\nLast-Event-ID: 6\r\n"},
    };
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;

    serve(&fixture, turns, 2);
    assert_int_equal(event_stream_open(&fixture.own.target, "6", &stream), GK_EXIT_DONE);
    assert_event(stream, "{\"a\":1}");
    assert_int_equal(next(stream, &event), EVENT_STREAM_REOPENED);
    assert_event(stream, "{\"b\"}");
    assert_event(stream, "{}");
    assert_event(stream, "[]");
    stream = event_stream_close(stream);
    assert_int_equal(finish(&fixture), 0);
}

#define MESSAGE(len, id, event) \
    HEAD len "\r\nid: " id "\ndata: {\"seq\":" id ",\"at\":\"" event "\"}\n\n\r\n"

/* The first connection sends event 7 at t7, the second one sends this. Returns how many events
 * came. */
static int count_until_the_end(const char *after, const char *first, const char *second) {
    const struct turn turns[] = {{first, "GET"}, {second, "Last-Event-ID: "}};
    enum event_stream_news news;
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    int error = GK_EXIT_DONE;
    int count = 0;

    serve(&fixture, turns, 2);
    assert_int_equal(event_stream_open(&fixture.own.target, after, &stream), GK_EXIT_DONE);
    (void)alarm(DEADLINE_S);
    while (error == 0) {
        error = event_stream_wait(stream, -1, -1, &news, &event);
        count += error == 0 && news == EVENT_STREAM_EVENT;
    }
    (void)alarm(0);
    assert_int_equal(error, GK_EXIT_FAILED);
    (void)kill(fixture.server, SIGKILL); /* it may not have been asked a second time */
    (void)finish(&fixture);
    return count;
}

static void a_gap_ends_it(void **state) {
    static const char seven[] = MESSAGE("21", "7", "t7");

    assert_int_equal(count_until_the_end("5", seven, ""), 0);
    assert_int_equal(count_until_the_end("6", seven, MESSAGE("21", "9", "t9")), 1);
}

static void another_log_ends_it(void **state) {
    static const char seven[] = MESSAGE("21", "7", "t7");

    assert_int_equal(count_until_the_end("6", seven, MESSAGE("21", "1", "t1")), 1);
    assert_int_equal(count_until_the_end("6", seven, MESSAGE("21", "7", "t8")), 1);
    assert_int_equal(count_until_the_end("9", seven, ""), 0); /* it is asked what is behind 9 */
}

static void a_line_without_end_ends_it(void **state) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    static char endless[sizeof(head) + 1200 * 1024];
    const struct turn turns[] = {{endless, "GET"}};
    enum event_stream_news news;
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    int error = GK_EXIT_DONE;

    memset(endless, 'x', sizeof(endless) - 1);
    memcpy(endless, head, strlen(head));
    serve(&fixture, turns, 1);
    assert_int_equal(event_stream_open(&fixture.own.target, "0", &stream), GK_EXIT_DONE);
    (void)alarm(DEADLINE_S);
    while (error == 0) {
        error = event_stream_wait(stream, -1, -1, &news, &event);
        assert_int_equal(news == EVENT_STREAM_EVENT, 0);
    }
    (void)alarm(0);
    assert_int_equal(error, GK_EXIT_FAILED);
    (void)kill(fixture.server, SIGKILL); /* it may still be writing */
    (void)finish(&fixture);
}

static void a_stream_of_changes_reports_a_break(void **state) {
    static const struct turn turns[] = {
            {"HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{\"last_event\":7,\"secrets\":0}",
                    "GET /v1/status "},
            {MESSAGE("21", "8", "t8"), "GET /v1/events?after=7 "},
            {MESSAGE("21", "3", "t3"), "GET /v1/events HTTP/1.1\r\n"},
    };
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;

    serve(&fixture, turns, 3);
    assert_int_equal(event_stream_open_changes(&fixture.own.target, &stream), GK_EXIT_DONE);
    assert_event(stream, "{\"seq\":8,\"at\":\"t8\"}");
    assert_int_equal(next(stream, &event), EVENT_STREAM_REOPENED);
    assert_event(stream, "{\"seq\":3,\"at\":\"t3\"}");
    stream = event_stream_close(stream);
    assert_int_equal(finish(&fixture), 0);
}

static void a_refusal_ends_it(void **state) {
    static const struct turn turns[] = {
            {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 14\r\n\r\n{\"detail\":\"x\"}", "GET"}};
    enum event_stream_news news;
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    int error = GK_EXIT_DONE;

    serve(&fixture, turns, 1);
    assert_int_equal(event_stream_open(&fixture.own.target, "0", &stream), GK_EXIT_DONE);
    (void)alarm(DEADLINE_S);
    while (error == 0) {
        error = event_stream_wait(stream, -1, -1, &news, &event);
    }
    (void)alarm(0);
    assert_int_equal(error, GK_EXIT_FAILED);
    assert_int_equal(finish(&fixture), 0);
}

static void a_missing_daemon_is_unreachable(void **state) {
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;

    serve(&fixture, NULL, 0);
    assert_int_equal(finish(&fixture), 0);
    assert_int_equal(event_stream_open(&fixture.own.target, "0", &stream), GK_EXIT_UNREACHABLE);
    assert_null(stream);
}

static void a_wait_ends_with_its_time_and_with_its_descriptor(void **state) {
    static const struct turn turns[] = {{HEAD, "GET"}, {HEAD, "GET"}};
    enum event_stream_news news;
    struct fixture fixture = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    int pipe_fds[2];

    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(write(pipe_fds[1], "", 1), 1);
    serve(&fixture, turns, 1);
    assert_int_equal(event_stream_open(&fixture.own.target, "0", &stream), GK_EXIT_DONE);
    (void)alarm(DEADLINE_S);
    /* First while there is a stream, in the end while there is none. */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(event_stream_wait(stream, pipe_fds[0], -1, &news, &event), GK_EXIT_DONE);
        assert_int_equal(event_stream_wait(stream, pipe_fds[0], 1, &news, &event), GK_EXIT_DONE);
    }
    (void)alarm(0);
    (void)kill(fixture.server, SIGKILL); /* it may not have been asked a second time */
    (void)finish(&fixture);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(events_come_whole_and_continue_after_breaks),
            cmocka_unit_test(a_gap_ends_it),
            cmocka_unit_test(another_log_ends_it),
            cmocka_unit_test(a_line_without_end_ends_it),
            cmocka_unit_test(a_stream_of_changes_reports_a_break),
            cmocka_unit_test(a_refusal_ends_it),
            cmocka_unit_test(a_missing_daemon_is_unreachable),
            cmocka_unit_test(a_wait_ends_with_its_time_and_with_its_descriptor),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The client's connection, against a server of the test's own: it takes one connection after
 * another, and on each the steps of a script. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "own_socket.h"
#include "support/test.h"
#include "wire/http.h"

#define DEADLINE_S 20
#define ANSWER(body, len) "HTTP/1.1 200 OK\r\nContent-Length: " len "\r\n\r\n" body
#define REQUESTS_MAX_BYTES 4096
#define LARGE_BYTES (4 * 1024 * 1024)

/* Waits for `awaited`, then sends `answer`; NULL closes the connection. */
struct step {
    const char *awaited;
    const char *answer;
};

struct fixture {
    struct own_socket own;
    pid_t server;
    int closed[2]; /* a pipe: a byte for each connection that the server closed */
};

static void read_until(int fd, const char *awaited, char *got) {
    while (strstr(got, awaited) == NULL) {
        size_t len = strlen(got);
        ssize_t more = read(fd, got + len, REQUESTS_MAX_BYTES - 1 - len);

        if (more <= 0) {
            _exit(1);
        }
        got[len + (size_t)more] = '\0';
    }
}

static void run_script(int listener, int closed, const struct step *steps, size_t count) {
    char got[REQUESTS_MAX_BYTES] = "";
    int fd = -1;

    (void)alarm(DEADLINE_S);
    for (size_t i = 0; i < count; i++) {
        if (fd < 0) {
            fd = accept(listener, NULL, NULL);
            memset(got, 0, sizeof(got));
        }
        read_until(fd, steps[i].awaited, got);
        if (steps[i].answer == NULL) {
            fd = gk_close(fd);
            if (write(closed, "", 1) != 1) {
                _exit(3);
            }
        } else if (write(fd, steps[i].answer, strlen(steps[i].answer)) < 0) {
            _exit(2);
        }
    }
    _exit(0);
}

static void serve(struct fixture *fixture, const struct step *steps, size_t count) {
    int listener = own_socket_listen(&fixture->own);

    assert_int_equal(pipe(fixture->closed), 0);
    fixture->server = fork();
    if (fixture->server == 0) {
        run_script(listener, fixture->closed[1], steps, count);
    }
    (void)close(listener);
    (void)alarm(DEADLINE_S);
}

static int finish(struct fixture *fixture) {
    int status = -1;

    assert_int_equal(waitpid(fixture->server, &status, 0), fixture->server);
    (void)alarm(0);
    (void)close(fixture->closed[0]);
    (void)close(fixture->closed[1]);
    own_socket_remove(&fixture->own);
    return status;
}

static void begin(struct http_client *client, const char *path, bool more) {
    http_begin(client, &(struct http_request){.method = "GET", .path = path, .more = more});
}

static void assert_answer(struct http_client *client, int wanted_status, const char *wanted) {
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    int status = 0;

    assert_int_equal(http_finish(client, &status, &body), 0);
    assert_int_equal(status, wanted_status);
    assert_string_equal(buffer_string(&body), wanted);
}

static void assert_broken(struct http_client *client) {
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    int status = 0;

    assert_int_equal(http_finish(client, &status, &body), -EIO);
    assert_int_equal(status, 0);
    assert_true(strlen(http_client_fault(client)) > 0);
}

static void answers_come_in_the_order_of_the_requests(void **state) {
    /* The first two answers come in one piece, and only once the third request is there. */
    static const struct step steps[] = {{"GET /3 ", ANSWER("one", "3") ANSWER("second", "6")},
            {"GET /3 ", ANSWER("3", "1")}, {"GET /4 ", ANSWER("four", "4")}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    struct fixture fixture = {0};

    serve(&fixture, steps, 3);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    begin(client, "/1", true);
    begin(client, "/2", true);
    begin(client, "/3", false);
    assert_answer(client, 200, "one");
    assert_answer(client, 200, "second");
    begin(client, "/4", true); /* is sent with whatever is waited for next */
    assert_answer(client, 200, "3");
    assert_answer(client, 200, "four");
    assert_int_equal(finish(&fixture), 0);
}

static void a_connection_that_was_closed_idle_is_opened_again(void **state) {
    static const struct step steps[] = {{"GET /1 ", ANSWER("one", "3")}, {"GET /1 ", NULL},
            {"GET /2 ", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\ntwo"},
            {"GET /2 ", NULL}, {"GET /3 ", ANSWER("three", "5")}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    struct fixture fixture = {0};
    char byte;

    serve(&fixture, steps, 5);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    begin(client, "/1", false);
    assert_answer(client, 200, "one");
    assert_int_equal(read(fixture.closed[0], &byte, 1), 1); /* before the next request */
    begin(client, "/2", false);
    assert_answer(client, 200, "two");
    begin(client, "/3", false);
    assert_answer(client, 200, "three");
    assert_int_equal(finish(&fixture), 0);
}

static void a_break_loses_the_answers_behind_it(void **state) {
    static const struct step steps[] = {
            {"GET /3 ", ANSWER("one", "3") "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal"},
            {"GET /3 ", NULL}, {"GET /4 ", ANSWER("four", "4")}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    struct fixture fixture = {0};

    serve(&fixture, steps, 3);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    for (int i = 1; i <= 3; i++) {
        char path[] = {'/', (char)('0' + i), '\0'};

        begin(client, path, i < 3);
    }
    assert_answer(client, 200, "one");
    assert_broken(client);
    assert_broken(client);
    begin(client, "/4", false); /* nothing is waited for any more: it connects again */
    assert_answer(client, 200, "four");
    assert_int_equal(finish(&fixture), 0);
}

static void a_daemon_that_is_gone_is_a_break(void **state) {
    static const struct step steps[] = {{"GET /1 ", ANSWER("one", "3")}, {"GET /1 ", NULL}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    struct fixture fixture = {0};

    serve(&fixture, steps, 2);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    begin(client, "/1", false);
    assert_answer(client, 200, "one");
    assert_int_equal(finish(&fixture), 0);
    begin(client, "/2", false);
    assert_broken(client);
    assert_int_equal(http_client_new(&fixture.own.target, &client), -ENOENT);
}

static void an_answer_that_comes_before_all_is_sent_is_read(void **state) {
    static const struct step steps[] = {
            {"PUT /1 ",
                    "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"},
            {"PUT /1 ", NULL}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    GK_AUTO_FREE char *large = calloc(LARGE_BYTES, 1);
    struct fixture fixture = {0};

    assert_non_null(large);
    serve(&fixture, steps, 2);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    http_begin(
            client, &(struct http_request){
                            .method = "PUT", .path = "/1", .body = large, .body_len = LARGE_BYTES});
    assert_answer(client, 413, "x");
    assert_int_equal(finish(&fixture), 0);
}

static void what_is_no_http_is_a_break(void **state) {
    static const struct step steps[] = {{"GET /1 ", "SSH-2.0-OpenSSH\r\n"}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    struct fixture fixture = {0};

    serve(&fixture, steps, 1);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    begin(client, "/1", false);
    assert_broken(client);
    assert_int_equal(finish(&fixture), 0);
}

static void a_silent_daemon_is_given_up_on(void **state) {
    static const struct timeout_limits limits = {
            .long_wait_ms = 1, .silent_ms = 50, .slow_ms = 1000};
    static const struct step steps[] = {
            {"GET /1 ", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"}, {"GET /2 ", NULL}};
    GK_CLEANUP(http_client_freep) struct http_client *client = NULL;
    struct fixture fixture = {0};

    serve(&fixture, steps, 2);
    assert_int_equal(http_client_new(&fixture.own.target, &client), 0);
    http_client_set_limits(client, &limits);
    begin(client, "/1", false);
    assert_broken(client);
    assert_non_null(strstr(http_client_fault(client), "silent"));
    (void)finish(&fixture); /* the server was left in the middle */
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(answers_come_in_the_order_of_the_requests),
            cmocka_unit_test(a_connection_that_was_closed_idle_is_opened_again),
            cmocka_unit_test(a_break_loses_the_answers_behind_it),
            cmocka_unit_test(a_daemon_that_is_gone_is_a_break),
            cmocka_unit_test(an_answer_that_comes_before_all_is_sent_is_read),
            cmocka_unit_test(what_is_no_http_is_a_break),
            cmocka_unit_test(a_silent_daemon_is_given_up_on),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

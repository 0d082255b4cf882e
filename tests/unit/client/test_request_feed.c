/* The feed of requests against a daemon of the test's own, which answers each question on one
 * connection with the next page, as a daemon does that other clients keep busy. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <ghostkey/error.h>

#include "own_socket.h"
#include "support/test.h"
#include "wire/request_feed.h"

#define DEADLINE_S 20
#define HEAD_MAX_BYTES 4096
#define PAGES_MAX 5 /* after so many the daemon is quiet; they come without a pause */

struct fixture {
    struct own_socket own;
    pid_t daemon;
};

/* Reads the next request of the connection. False: the client has closed it. */
static bool read_question(int fd, char *head) {
    size_t len = 0;

    memset(head, 0, HEAD_MAX_BYTES);
    while (strstr(head, "\r\n\r\n") == NULL) {
        ssize_t more = read(fd, head + len, HEAD_MAX_BYTES - 1 - len);

        if (more <= 0) {
            return false;
        }
        len += (size_t)more;
    }
    return true;
}

/* Answers with the request of that number, or, if it is 0, with none after PAGES_MAX. */
static void answer(int fd, int seq) {
    char body[128];
    char whole[256];
    int len;

    if (seq > 0) {
        (void)snprintf(body, sizeof(body), "{\"requests\":[{\"seq\":%d}],\"next\":%d}", seq, seq);
    } else {
        (void)snprintf(body, sizeof(body), "{\"requests\":[],\"next\":%d}", PAGES_MAX);
    }
    len = snprintf(whole, sizeof(whole), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(body), body);
    if (write(fd, whole, (size_t)len) != len) {
        _exit(PAGES_MAX + 2);
    }
}

/* Exits with the number of questions, each of which must ask for what is behind the last answer. */
static void run_daemon(int listener) {
    char head[HEAD_MAX_BYTES];
    char wanted[64];
    int count = 0;
    int fd = accept(listener, NULL, NULL);

    while (read_question(fd, head)) {
        (void)snprintf(wanted, sizeof(wanted), "GET /v1/requests?after=%d ",
                count < PAGES_MAX ? count : PAGES_MAX);
        if (strstr(head, wanted) == NULL) {
            _exit(PAGES_MAX + 3);
        }
        count++;
        answer(fd, count <= PAGES_MAX ? count : 0);
    }
    _exit(count);
}

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    int listener = own_socket_listen(&fixture->own);

    fixture->daemon = fork();
    if (fixture->daemon == 0) {
        (void)alarm(DEADLINE_S);
        run_daemon(listener);
    }
    (void)close(listener);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;

    own_socket_remove(&fixture->own);
    free(fixture);
    return 0;
}

/* How many questions the daemon was asked, on the connection that is closed now. */
static int count_questions(const struct fixture *fixture) {
    int status = -1;

    assert_int_equal(waitpid(fixture->daemon, &status, 0), fixture->daemon);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_busy_daemon_is_asked_once_to_begin(void **state) {
    const struct fixture *fixture = *state;
    REQUEST_FEED_AUTO struct request_feed feed = {.http = NULL};

    assert_int_equal(request_feed_open(&feed, &fixture->own.target), GK_EXIT_DONE);
    request_feed_close(&feed);
    assert_int_equal(count_questions(fixture), 1);
}

static void what_comes_behind_the_beginning_is_taken(void **state) {
    const struct fixture *fixture = *state;
    REQUEST_FEED_AUTO struct request_feed feed = {.http = NULL};

    assert_int_equal(request_feed_open(&feed, &fixture->own.target), GK_EXIT_DONE);
    for (int seq = 2; seq <= PAGES_MAX + 1; seq++) {
        json_auto_t *requests = NULL;
        const json_t *first;

        assert_int_equal(request_feed_take(&feed, -1, &requests), GK_EXIT_DONE);
        first = json_array_get(requests, 0);
        assert_int_equal(json_array_size(requests), seq <= PAGES_MAX ? 1 : 0);
        assert_int_equal(
                json_integer_value(json_object_get(first, "seq")), seq <= PAGES_MAX ? seq : 0);
    }
    request_feed_close(&feed);
    assert_int_equal(count_questions(fixture), PAGES_MAX + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    a_busy_daemon_is_asked_once_to_begin, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    what_comes_behind_the_beginning_is_taken, set_up, tear_down),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "ghostkey/error.h"
#include "http/access.h"
#include "http/api.h"
#include "http/request.h"
#include "support/test.h"

static void ones_own_user_and_root_may_speak(void **state) {
    assert_int_equal(access_judge(1000, 1000), 0);
    assert_int_equal(access_judge(0, 1000), 0);
    assert_int_equal(access_judge(0, 0), 0);
}

static void other_users_may_not(void **state) {
    assert_int_equal(access_judge(1001, 1000), GK_E_FORBIDDEN);
    assert_int_equal(access_judge(1000, 0), GK_E_FORBIDDEN);
}

static void a_peer_that_is_not_known_may_not(void **state) {
    assert_int_equal(access_judge((uid_t)-1, (uid_t)-1), GK_E_FORBIDDEN);
    assert_int_equal(access_of_peer(-1).refused, GK_E_FORBIDDEN);
    assert_int_equal(access_of_peer(-1).uid, (uid_t)-1);
}

static void the_peer_of_a_socket_is_found(void **state) {
    int pair[2] = {-1, -1};
    struct access access;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    access = access_of_peer(pair[0]);
    assert_int_equal(access.uid, geteuid());
    assert_int_equal(access.refused, 0);
    (void)gk_close(pair[0]);
    (void)gk_close(pair[1]);
}

#define PORT 4711
#define TOKEN "s3cr3t"

static const char *own_host = "127.0.0.1:4711"; /* of the listener */

static enum speaker may_speak(const struct api_request *request) {
    struct span offered = request_header(request->request, "token");

    if (span_is(offered, "open")) {
        return SPEAKER_ANYONE;
    }
    return !request->is_tcp || span_is(offered, TOKEN) ? SPEAKER_KNOWN : SPEAKER_REFUSED;
}

static const struct api api = {.may_speak = may_speak};

static bool was_known; /* the client of the last request */

static int judge_request(
        const struct access *access, const struct request *request, struct problem *problem) {
    const struct api_request asked = {.request = request, .is_tcp = access->tcp_port != 0};

    was_known = false;
    return access_judge_request(access, &asked, &api, &was_known, problem);
}

static struct span span_or_null(const char *text) {
    return text != NULL ? span_of(text) : SPAN_NULL;
}

/* Judged as if it came over TCP; NULL: there is no such header. */
static int judge(uint16_t port, const char *host, const char *target_host, const char *origin,
        const char *offered) {
    const struct access access = access_of_tcp(port, span_of(own_host));
    const struct header headers[] = {
            {SPAN_LITERAL("Origin"), span_or_null(origin)},
            {SPAN_LITERAL("token"), span_or_null(offered)},
    };
    const struct request request = {
            .host = span_or_null(host),
            .target_host = span_or_null(target_host),
            .headers = headers + (origin == NULL),
            .header_count = 2 - (origin == NULL),
    };
    struct problem problem = PROBLEM_NULL;
    int result = judge_request(&access, &request, &problem);

    assert_int_equal(result == GK_E_FORBIDDEN, problem.detail[0] != '\0');
    assert_null(strstr(problem.detail, "s3cr3t"));
    return result;
}

static void over_tcp_it_takes_the_host_and_the_token(void **state) {
    static const char *const own[] = {
            "localhost:4711", "LOCALHOST:4711", "127.0.0.1:4711", "[::1]:4711"};
    static const char *const foreign[] = {NULL, "", "localhost", "127.0.0.1", "localhost:471",
            "localhost:47110", "localhost:4711x", "localhost.:4711", "rebound.example:4711",
            "127.0.0.2:4711", "::1:4711", "user@localhost:4711", "localhost:04711"};

    for (size_t at = 0; at < sizeof(own) / sizeof(own[0]); at++) {
        assert_int_equal(judge(PORT, own[at], NULL, NULL, TOKEN), 0);
        assert_int_equal(judge(PORT, own[at], own[at], NULL, TOKEN), 0);
        assert_int_equal(judge(PORT, own[at], NULL, NULL, NULL), GK_E_UNAUTHORIZED);
        assert_int_equal(judge(PORT, own[at], NULL, NULL, "wrong"), GK_E_UNAUTHORIZED);
    }
    for (size_t at = 0; at < sizeof(foreign) / sizeof(foreign[0]); at++) {
        assert_int_equal(judge(PORT, foreign[at], NULL, NULL, TOKEN), GK_E_FORBIDDEN);
        assert_int_equal(judge(PORT, foreign[at], NULL, NULL, NULL), GK_E_FORBIDDEN);
        if (foreign[at] != NULL) {
            assert_int_equal(judge(PORT, own[0], foreign[at], NULL, TOKEN), GK_E_FORBIDDEN);
        }
    }
}

static void only_port_80_may_be_left_out(void **state) {
    assert_int_equal(judge(80, "localhost", NULL, NULL, TOKEN), 0);
    assert_int_equal(judge(80, "[::1]", NULL, "http://[::1]", TOKEN), 0);
    assert_int_equal(judge(80, "localhost:80", NULL, NULL, TOKEN), 0);
    assert_int_equal(judge(80, "rebound.example", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    assert_int_equal(judge(81, "localhost", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    assert_int_equal(judge(81, "localhost:81:80", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
}

static void the_address_listened_on_is_ones_own(void **state) {
    own_host = "127.0.0.2:4711";
    assert_int_equal(judge(PORT, "127.0.0.2:4711", NULL, NULL, TOKEN), 0);
    assert_int_equal(judge(PORT, "127.0.0.2:4711", "127.0.0.2:4711", NULL, TOKEN), 0);
    assert_int_equal(judge(PORT, "127.0.0.2:4711", NULL, "http://127.0.0.2:4711", TOKEN), 0);
    assert_int_equal(judge(PORT, "127.0.0.2:4711", NULL, NULL, NULL), GK_E_UNAUTHORIZED);
    assert_int_equal(judge(PORT, "localhost:4711", NULL, NULL, TOKEN), 0);
    assert_int_equal(judge(PORT, "127.0.0.3:4711", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    assert_int_equal(judge(PORT, "127.0.0.2", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    assert_int_equal(judge(PORT, "127.0.0.2:47110", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    own_host = "127.0.0.2:80";
    assert_int_equal(judge(80, "127.0.0.2", NULL, NULL, TOKEN), 0);
    assert_int_equal(judge(80, "127.0.0.2:80", NULL, "http://127.0.0.2", TOKEN), 0);
    assert_int_equal(judge(80, "127.0.0.2", NULL, "http://127.0.0.2:80", TOKEN), 0);
    assert_int_equal(judge(80, "127.0.0.2", NULL, "http://localhost", TOKEN), GK_E_FORBIDDEN);
    assert_int_equal(judge(80, "", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    assert_int_equal(judge(80, ":80", NULL, NULL, TOKEN), GK_E_FORBIDDEN);
    own_host = "127.0.0.1:4711";
}

static void a_page_must_be_of_that_very_host(void **state) {
    static const char *const foreign[] = {"", "null", "http://127.0.0.1:4711", "http://localhost",
            "https://localhost:4711", "http://localhost:4712", "http://localhost:4711/",
            "http://rebound.example:4711", "localhost:4711", "http://localhost:4711.example"};

    assert_int_equal(judge(PORT, "localhost:4711", NULL, "http://localhost:4711", TOKEN), 0);
    assert_int_equal(
            judge(PORT, "localhost:4711", NULL, "http://localhost:4711", NULL), GK_E_UNAUTHORIZED);
    for (size_t at = 0; at < sizeof(foreign) / sizeof(foreign[0]); at++) {
        assert_int_equal(judge(PORT, "localhost:4711", NULL, foreign[at], TOKEN), GK_E_FORBIDDEN);
    }
}

static void two_origins_are_nobodys(void **state) {
    const struct access access = access_of_tcp(PORT, span_of(own_host));
    const struct header headers[] = {
            {SPAN_LITERAL("token"), SPAN_LITERAL(TOKEN)},
            {SPAN_LITERAL("origin"), SPAN_LITERAL("http://localhost:4711")},
            {SPAN_LITERAL("origin"), SPAN_LITERAL("http://localhost:4711")},
    };
    struct request request = {
            .host = SPAN_LITERAL("localhost:4711"), .headers = headers, .header_count = 2};
    struct problem problem = PROBLEM_NULL;

    assert_int_equal(judge_request(&access, &request, &problem), 0);
    request.header_count = 3;
    assert_int_equal(judge_request(&access, &request, &problem), GK_E_FORBIDDEN);
}

/* What is open to all does not make a client known, and a foreign host is refused all the same. */
static void an_open_request_says_nothing_of_its_client(void **state) {
    assert_int_equal(judge(PORT, "localhost:4711", NULL, NULL, "open"), 0);
    assert_false(was_known);
    assert_int_equal(judge(PORT, "rebound.example:4711", NULL, NULL, "open"), GK_E_FORBIDDEN);
    assert_int_equal(judge(PORT, "localhost:4711", NULL, NULL, TOKEN), 0);
    assert_true(was_known);
}

static void over_a_unix_socket_the_peer_is_what_counts(void **state) {
    const struct request nothing = {.host = SPAN_NULL};
    struct access access = {.uid = 1000};
    struct problem problem = PROBLEM_NULL;

    assert_int_equal(judge_request(&access, &nothing, &problem), 0);
    assert_true(was_known);
    access.refused = GK_E_FORBIDDEN;
    assert_int_equal(judge_request(&access, &nothing, &problem), GK_E_FORBIDDEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(ones_own_user_and_root_may_speak),
            cmocka_unit_test(other_users_may_not),
            cmocka_unit_test(a_peer_that_is_not_known_may_not),
            cmocka_unit_test(the_peer_of_a_socket_is_found),
            cmocka_unit_test(over_tcp_it_takes_the_host_and_the_token),
            cmocka_unit_test(only_port_80_may_be_left_out),
            cmocka_unit_test(the_address_listened_on_is_ones_own),
            cmocka_unit_test(a_page_must_be_of_that_very_host),
            cmocka_unit_test(two_origins_are_nobodys),
            cmocka_unit_test(an_open_request_says_nothing_of_its_client),
            cmocka_unit_test(over_a_unix_socket_the_peer_is_what_counts),
    };

    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}

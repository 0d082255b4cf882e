#include "http/head.h"

#include "ghostkey/protocol.h"
#include "support/test.h"
#include <stdlib.h>

static int check(const char *text) {
    struct problem problem = PROBLEM_NULL;

    return head_check(span_of(text), &problem);
}

static void one_length_or_chunks_are_fine(void **state) {
    assert_int_equal(check("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
    assert_int_equal(check("PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\n"), 0);
    assert_int_equal(check("PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"), 0);
}

static void two_lengths_are_refused(void **state) {
    assert_int_equal(check("PUT / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n"),
            GK_E_BAD_REQUEST);
    assert_int_equal(check("PUT / HTTP/1.1\nContent-Length: 1\nTransfer-Encoding: chunked\n\n"),
            GK_E_BAD_REQUEST);
}

static void two_hosts_are_refused(void **state) {
    assert_int_equal(check("GET / HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n"),
            GK_E_BAD_REQUEST);
}

static void a_folded_header_is_refused(void **state) {
    assert_int_equal(check("GET / HTTP/1.1\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n"),
            GK_E_BAD_REQUEST);
    assert_int_equal(check("GET / HTTP/1.1\r\nX: y\r\n\tz\r\n\r\n"), GK_E_BAD_REQUEST);
}

static void an_empty_line_before_it_hides_nothing(void **state) {
    assert_int_equal(check("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
    assert_int_equal(check("\r\nGET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"), GK_E_BAD_REQUEST);
    assert_int_equal(check("\nPUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            GK_E_BAD_REQUEST);
}

static void what_stands_in_the_body_is_not_looked_at(void **state) {
    assert_int_equal(check("PUT / HTTP/1.1\r\nContent-Length: 50\r\n\r\nContent-Length: 1\r\n"
                           "Content-Length: 2\r\n"),
            0);
}

static void a_head_of_more_than_16_kib_is_refused(void **state) {
    const size_t len = GK_HEAD_MAX_BYTES;
    char *text = malloc(len + 2);

    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
    memcpy(text + len - 4, "\r\n\r\n", 5);
    assert_int_equal(check(text), 0);
    memcpy(text + len - 4, "x\r\n\r\n", 6);
    assert_int_equal(check(text), GK_E_BAD_REQUEST);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(one_length_or_chunks_are_fine),
            cmocka_unit_test(two_lengths_are_refused),
            cmocka_unit_test(two_hosts_are_refused),
            cmocka_unit_test(a_folded_header_is_refused),
            cmocka_unit_test(an_empty_line_before_it_hides_nothing),
            cmocka_unit_test(what_stands_in_the_body_is_not_looked_at),
            cmocka_unit_test(a_head_of_more_than_16_kib_is_refused),
    };

    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}

#include <stdlib.h>

#include "common/buffer.h"
#include "ghostkey/protocol.h"
#include "http/head.h"
#include "support/test.h"

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

static void only_two_versions_are_known(void **state) {
    assert_int_equal(check("GET / HTTP/1.0\r\n\r\n"), 0);
    assert_int_equal(check("\r\nGET / HTTP/1.1\n\n"), 0);
    assert_int_equal(check("GET / HTTP/1.2\r\n\r\n"), GK_E_BAD_REQUEST);
    assert_int_equal(check("GET / HTTP/1.9\r\nHost: x\r\n\r\n"), GK_E_BAD_REQUEST);
}

static void the_old_version_knows_no_chunks(void **state) {
    assert_int_equal(check("PUT / HTTP/1.0\r\nContent-Length: 1\r\n\r\n"), 0);
    assert_int_equal(
            check("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), GK_E_BAD_REQUEST);
}

static size_t length(const char *text) {
    return head_length(span_of(text));
}

static void a_head_ends_with_an_empty_line(void **state) {
    assert_int_equal(length(""), 0);
    assert_int_equal(length("\r\n"), 0);
    assert_int_equal(length("GET / HTTP/1.1\r\nA: b\r\n"), 0);
    assert_int_equal(length("GET / HTTP/1.1\r\nA: b\r\n\r"), 0);
    assert_int_equal(length("GET / HTTP/1.1\r\n\r\n"), 18);
    assert_int_equal(length("GET / HTTP/1.1\n\nbody\n\n"), 16);
    assert_int_equal(length("\r\nGET / HTTP/1.1\r\n\r\nbody"), 20);
}

static void a_head_is_taken_apart(void **state) {
    struct header headers[REQUEST_HEADERS_MAX];
    struct request request;

    assert_true(head_parse(span_of("\r\nPUT /a?b HTTP/1.1\r\nHOST: \t a:1\r\nX-Host: b\r\n"
                                   "authorization:Bearer x \r\n\r\nOrigin: http://body\r\n"),
            headers, &request));
    assert_true(span_is(request.method, "PUT") && span_is(request.path, "/a"));
    assert_true(span_is(request.query, "b") && span_is(request.host, "a:1"));
    assert_true(span_is(request_header(&request, "Authorization"), "Bearer x"));
    assert_int_equal(request.header_count, 2);
    assert_null(request_header(&request, "origin").data);
    assert_null(request.target_host.data);
    assert_true(
            head_parse(span_of("GET http://x:2/a HTTP/1.1\nA: a\na: b\n\n"), headers, &request));
    assert_true(span_is(request.target_host, "x:2") && span_is(request.path, "/a"));
    assert_true(request.query.data == NULL && request.host.data == NULL);
    assert_int_equal(request_header_count(&request, "a"), 2);
    assert_true(span_is(request_header(&request, "a"), "b"));
}

static void more_headers_than_h2o_takes_are_refused(void **state) {
    struct header headers[REQUEST_HEADERS_MAX];
    BUFFER_AUTO struct buffer head = BUFFER_NULL;
    struct request request;

    buffer_append_text(&head, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (size_t at = 0; at < REQUEST_HEADERS_MAX; at++) {
        buffer_append_text(&head, "A: b\r\n");
    }
    assert_true(head_parse(buffer_span(&head), headers, &request));
    buffer_append_text(&head, "A: b\r\n\r\n");
    assert_int_equal(buffer_finish(&head), 0);
    assert_false(head_parse(buffer_span(&head), headers, &request));
}

static void a_body_can_be_hidden(void **state) {
    char head[] = "PUT / HTTP/1.1\r\nContent-Length: 1\r\ntransfer-encoding: chunked\r\n"
                  "Expect: 100-continue\r\nContent-Type: a\r\n\r\n";

    head_hide_body(head, strlen(head));
    assert_string_equal(head,
            "PUT / HTTP/1.1\r\nxontent-Length: 1\r\nxransfer-encoding: chunked\r\n"
            "xxpect: 100-continue\r\nContent-Type: a\r\n\r\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(one_length_or_chunks_are_fine),
            cmocka_unit_test(two_lengths_are_refused),
            cmocka_unit_test(two_hosts_are_refused),
            cmocka_unit_test(a_folded_header_is_refused),
            cmocka_unit_test(an_empty_line_before_it_hides_nothing),
            cmocka_unit_test(what_stands_in_the_body_is_not_looked_at),
            cmocka_unit_test(only_two_versions_are_known),
            cmocka_unit_test(the_old_version_knows_no_chunks),
            cmocka_unit_test(a_head_ends_with_an_empty_line),
            cmocka_unit_test(a_head_is_taken_apart),
            cmocka_unit_test(more_headers_than_h2o_takes_are_refused),
            cmocka_unit_test(a_body_can_be_hidden),
            cmocka_unit_test(a_head_of_more_than_16_kib_is_refused),
    };

    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}

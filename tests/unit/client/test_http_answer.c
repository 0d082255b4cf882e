/* Answers that come whole, byte by byte, and invalid. */
#include <errno.h>
#include <string.h>

#include "support/test.h"
#include "wire/http_answer.h"

/* Gives the answer in pieces of that size, with what is not taken given again. */
static ssize_t take(
        struct http_answer *answer, const char *text, size_t piece, struct buffer *body) {
    size_t len = strlen(text);
    size_t taken = 0;

    for (size_t end = piece;; end += piece) {
        ssize_t more;

        end = end < len ? end : len;
        more = http_answer_take(answer, text + taken, end - taken, body);
        if (more < 0) {
            return more;
        }
        taken += (size_t)more;
        if (answer->state == HTTP_ANSWER_DONE || end == len) {
            return (ssize_t)taken;
        }
    }
}

static void answers_are_read_in_pieces_of_any_size(void **state) {
    static const struct {
        const char *text;
        const char *body;
        const char *rest; /* of the next answer */
        int status;
        bool closes;
    } rows[] = {
            {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1", "abc", "HTTP/1.1", 200,
                    false},
            {"HTTP/1.1 200 OK\ncontent-length:\t3 \n\nabc", "abc", "", 200, false},
            {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "", "",
                    404, true},
            {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "x", "",
                    200, false},
            {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP", "", "HTTP", 304, false},
            {"HTTP/1.1 204 No Content\r\n\r\n", "", "", 204, false},
            {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", "", 200, true},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nLate: 1\r\n\r\nmore",
                    "abc0123456789", "more", 200, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
            struct http_answer answer = {0};
            BUFFER_AUTO struct buffer body = BUFFER_NULL;
            size_t wanted = strlen(rows[i].text) - strlen(rows[i].rest);

            assert_int_equal(take(&answer, rows[i].text, piece, &body), wanted);
            assert_int_equal(answer.state, HTTP_ANSWER_DONE);
            assert_int_equal(answer.status, rows[i].status);
            assert_int_equal(answer.closes, rows[i].closes);
            assert_int_equal(body.len, strlen(rows[i].body));
            assert_memory_equal(body.len > 0 ? body.data : "", rows[i].body, body.len);
        }
    }
}

static void a_body_without_a_len_ends_with_the_connection(void **state) {
    struct http_answer answer = {0};
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    const char *text = "HTTP/1.1 200 OK\r\n\r\nabc";

    assert_int_equal(take(&answer, text, 1, &body), strlen(text));
    assert_int_equal(answer.state, HTTP_ANSWER_UNTIL_CLOSE);
    assert_int_equal(http_answer_end(&answer), 0);
    assert_int_equal(answer.state, HTTP_ANSWER_DONE);
    assert_true(answer.closes);
    assert_string_equal(buffer_string(&body), "abc");
}

static void what_is_cut_short_is_no_answer(void **state) {
    static const char *const texts[] = {"H", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct http_answer answer = {0};
        BUFFER_AUTO struct buffer body = BUFFER_NULL;

        assert_true(take(&answer, texts[i], strlen(texts[i]), &body) >= 0);
        assert_int_equal(http_answer_end(&answer), -EPROTO);
    }
}

static void what_cannot_be_framed_is_refused(void **state) {
    static const char *const heads[] = {"SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000000\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"};

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct http_answer answer = {0};
        BUFFER_AUTO struct buffer body = BUFFER_NULL;

        assert_int_equal(take(&answer, heads[i], strlen(heads[i]), &body), -EPROTO);
    }
}

static void what_is_too_large_is_refused(void **state) {
    static const char *const texts[] = {"HTTP/1.1 200 OK\r\nContent-Length: 536870913\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab"};
    struct buffer full = {.len = HTTP_BODY_MAX_BYTES - 1}; /* nothing is added to it */

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct http_answer answer = {0};

        assert_int_equal(take(&answer, texts[i], strlen(texts[i]), &full), -EFBIG);
    }
}

static void a_head_or_line_without_an_end_is_refused(void **state) {
    static const char *const begins[] = {
            "HTTP/1.1 200 OK\r\nA: ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"};

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        struct http_answer answer = {0};
        BUFFER_AUTO struct buffer body = BUFFER_NULL;
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        buffer_append_text(&text, begins[i]);
        for (int times = 0; times < 70000; times++) {
            buffer_append_byte(&text, 'x');
        }
        assert_int_equal(take(&answer, buffer_string(&text), text.len, &body), -EMSGSIZE);
    }
}

static void what_is_no_body_ends_even_if_each_line_does(void **state) {
    static const struct {
        const char *before;
        const char *again;
    } rows[] = {
            {"", "HTTP/1.1 103 Early Hints\r\n\r\n"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: x\r\n"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;a=bcdefghij\r\nx\r\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_answer answer = {0};
        BUFFER_AUTO struct buffer body = BUFFER_NULL;
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        buffer_append_text(&text, rows[i].before);
        for (int times = 0; times < 20000; times++) {
            buffer_append_text(&text, rows[i].again);
        }
        assert_int_equal(take(&answer, buffer_string(&text), 16000, &body), -EMSGSIZE);
    }
}

static void a_body_in_the_smallest_chunks_is_read(void **state) {
    struct http_answer answer = {0};
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    buffer_append_text(&text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int times = 0; times < 50000; times++) {
        buffer_append_text(&text, "1\r\nx\r\n");
    }
    assert_int_equal(take(&answer, buffer_string(&text), 16000, &body), text.len);
    assert_int_equal(body.len, 50000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(answers_are_read_in_pieces_of_any_size),
            cmocka_unit_test(a_body_without_a_len_ends_with_the_connection),
            cmocka_unit_test(what_is_cut_short_is_no_answer),
            cmocka_unit_test(what_cannot_be_framed_is_refused),
            cmocka_unit_test(what_is_too_large_is_refused),
            cmocka_unit_test(a_head_or_line_without_an_end_is_refused),
            cmocka_unit_test(what_is_no_body_ends_even_if_each_line_does),
            cmocka_unit_test(a_body_in_the_smallest_chunks_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

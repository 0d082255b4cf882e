#include <stdlib.h>
#include <string.h>

#include "ghostkey/protocol.h"
#include "http/chunks.h"
#include "support/test.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct taken {
    char bytes[256]; /* the data, and what stood behind the end */
    size_t len;
    ssize_t result;
};

/* As h2o does: the bytes come in pieces, each right behind the data that is there. */
static struct taken take(const char *text, size_t piece) {
    struct chunks chunks = {0};
    struct taken taken = {.result = CHUNKS_MORE};
    size_t size = strlen(text);

    for (size_t at = 0; at < size && taken.result == CHUNKS_MORE; at += piece) {
        size_t len = size - at < piece ? size - at : piece;

        assert_true(taken.len + len < sizeof(taken.bytes));
        memcpy(taken.bytes + taken.len, text + at, len);
        taken.result = chunks_take(&chunks, taken.bytes + taken.len, &len);
        taken.len += len;
    }
    return taken;
}

static void a_whole_body_is_taken(void **state) {
    static const struct {
        const char *text;
        const char *data;
    } rows[] = {
            {"0\r\n\r\n", ""},
            {"000\r\n\r\n", ""},
            {"5\r\nhello\r\n0\r\n\r\n", "hello"},
            {"0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello"},
            {"a\r\n0123456789\r\n1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "0123456789\r\n"},
            {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
            {"2;a=b\r\n{}\r\n0;c=\"d;e\"\r\n\r\n", "{}"},
            {"2 \t; a = b\r\n{}\r\n0 ;a\r\n\r\n", "{}"},
            {"2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n", "{}"},
            {"2\r\n{}\r\n0\r\nA:\r\nB: \xc3\xa4\t1\r\n\r\n", "{}"},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        for (size_t piece = 1; piece < 20; piece++) {
            struct taken taken = take(rows[i].text, piece);

            assert_int_equal(taken.result, 0);
            assert_string_equal(taken.bytes, rows[i].data); /* and all behind it is wiped */
            assert_int_equal(taken.len, strlen(rows[i].data));
        }
    }
}

static void what_is_no_chunk_is_refused(void **state) {
    static const char *const texts[] = {"\r\n", ";", " 5\r\n", "x", "0x", "0xe\r\n", "-0", "-5\r\n",
            "+5\r\n", "g", "\"5\"", "5h", "5_0", "5.0", "5,", "5 \r", "5 5", "5\n", "5\r5",
            "5\r\r\n", "5\v", "5\x80", "00000000000000000", "fffffffffffffffff", "5;a\n", "5;a\ra",
            "5;\x01", "5;\x7f", "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\r\r", "5\r\nhello0\r\n",
            "5\r\nhello\rX", "5\r\nhello\r\n\r\n", "5\r\nhello\r\n;", "5\r\nhello\r\n0x", "0\n",
            "0\r\n\n", "0\r\n\rX", "0\r\n a", "0\r\n:", "0\r\nA\r", "0\r\nA :", "0\r\nA: b\n",
            "0\r\nA: \x01", "0\r\nA: b\r\n c", "0\r\nA: b\rc",
            "0\r\nPUT /v1/secrets/a HTTP/1.1\r\n"};

    for (size_t i = 0; i < LENGTH(texts); i++) {
        for (size_t piece = 1; piece < 40; piece++) {
            assert_int_equal(take(texts[i], piece).result, CHUNKS_BROKEN);
        }
    }
}

static void half_a_body_waits_for_more(void **state) {
    static const char whole[] = "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n";
    char half[sizeof(whole)];

    for (size_t len = 0; len + 1 < sizeof(whole); len++) {
        memcpy(half, whole, len);
        half[len] = '\0';
        assert_int_equal(take(half, 1).result, CHUNKS_MORE);
        assert_int_equal(take(half, sizeof(half)).result, CHUNKS_MORE);
    }
}

static void what_stands_behind_it_is_left(void **state) {
    static const char text[] = "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    struct taken taken = take(text, sizeof(text));

    assert_int_equal(taken.result, strlen("GET / HTTP/1.1\r\n"));
    assert_int_equal(taken.len, strlen("hello"));
    assert_string_equal(taken.bytes, "helloGET / HTTP/1.1\r\n");
}

/* Takes the beginning, and then one byte after the other; returns how many until it is refused. */
static size_t bytes_till_refused(const char *beginning) {
    struct chunks chunks = {0};
    size_t len = strlen(beginning);
    size_t count = 0;
    char bytes[64];

    memcpy(bytes, beginning, len);
    while (chunks_take(&chunks, bytes, &len) == CHUNKS_MORE) {
        assert_true(count < 2 * GK_HEAD_MAX_BYTES);
        bytes[0] = 'x';
        len = 1;
        count += 1;
    }
    return count;
}

static void what_is_no_data_has_an_end(void **state) {
    assert_int_equal(bytes_till_refused("1;"), GK_HEAD_MAX_BYTES - 1);
    assert_int_equal(bytes_till_refused("0\r\n"), GK_HEAD_MAX_BYTES - 2);
    assert_int_equal(bytes_till_refused("0\r\nA: b\r\nB:"), GK_HEAD_MAX_BYTES - 10);
}

static void many_small_chunks_are_taken(void **state) {
    struct chunks chunks = {0};

    for (size_t i = 0; i < GK_HEAD_MAX_BYTES; i++) {
        char bytes[] = "1\r\nx\r\n";
        size_t len = 6;

        assert_int_equal(chunks_take(&chunks, bytes, &len), CHUNKS_MORE);
        assert_int_equal(len, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_whole_body_is_taken),
            cmocka_unit_test(what_is_no_chunk_is_refused),
            cmocka_unit_test(half_a_body_waits_for_more),
            cmocka_unit_test(what_stands_behind_it_is_left),
            cmocka_unit_test(what_is_no_data_has_an_end),
            cmocka_unit_test(many_small_chunks_are_taken),
    };

    return cmocka_run_group_tests_name("chunks", tests, NULL, NULL);
}

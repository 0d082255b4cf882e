#include "common/json_writer.h"
#include "support/test.h"

static void assert_written(const struct buffer *buffer, const char *wanted) {
    assert_int_equal(buffer_finish(buffer), 0);
    if (!span_is(buffer_span(buffer), wanted)) {
        fail_msg("written: %.*s\nwanted:  %s", SPAN_ARGS(buffer_span(buffer)), wanted);
    }
}

static void a_text_is_escaped_wherever_its_bytes_stand(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
    struct span text = SPAN_LITERAL("01234567\x1f"
                                    "89/\x7f\xe2\x82\xac\"\\\b\f\n\r\t\x01"
                                    "abcdefg\"h");

    json_write_text(&buffer, text);
    assert_written(&buffer, "\"01234567\\u001F89/\x7f\xe2\x82\xac\\\"\\\\\\b\\f\\n\\r\\t\\u0001"
                            "abcdefg\\\"h\"");
    assert_int_equal(json_text_bytes(text), buffer.len);
}

static void base64_is_padded(void **state) {
    static const char *const wanted[] = {"\"\"", "\"Zw==\"", "\"Z2g=\"", "\"Z2hv\""};

    for (size_t len = 0; len <= 3; len++) {
        BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
        struct span bytes = {"gho", len};

        json_write_base64(&buffer, bytes);
        assert_written(&buffer, wanted[len]);
        assert_int_equal(json_base64_bytes(bytes), buffer.len);
    }
}

static void an_empty_text_is_two_quotes(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    json_write_text(&buffer, SPAN_NULL);
    assert_written(&buffer, "\"\"");
    assert_int_equal(json_text_bytes(SPAN_NULL), 2);
}

static void a_broken_buffer_stays_broken(void **state) {
    struct buffer buffer = {.broken = true};

    json_write_text(&buffer, SPAN_LITERAL("a\nb"));
    json_write_base64(&buffer, SPAN_LITERAL("gho"));
    buffer_append_literal(&buffer, "{}");
    assert_int_equal(buffer_finish(&buffer), -ENOMEM);
    assert_int_equal(buffer.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_text_is_escaped_wherever_its_bytes_stand),
            cmocka_unit_test(base64_is_padded),
            cmocka_unit_test(an_empty_text_is_two_quotes),
            cmocka_unit_test(a_broken_buffer_stays_broken),
    };

    return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}

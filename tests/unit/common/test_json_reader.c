#include <errno.h>

#include "common/buffer.h"
#include "common/json_reader.h"
#include "support/test.h"

static struct json_reader_value read_one(const char *text, int *ret_end) {
    struct json_reader reader = json_reader_of(span_of(text));
    struct json_reader_value value = json_reader_next(&reader);

    *ret_end = json_reader_finish(&reader);
    return value;
}

static void each_kind_is_read_with_its_span(void **state) {
    static const struct {
        const char *text;
        enum json_reader_kind kind;
        const char *raw;
        bool has_escapes;
    } rows[] = {
            {" \"ab\" ", JSON_READER_TEXT, "ab", false},
            {"\"\"", JSON_READER_TEXT, "", false},
            {"\"a\\\"b\"", JSON_READER_TEXT, "a\\\"b", true},
            {"\t0\r\n", JSON_READER_NUMBER, "0", false},
            {"-12.50e+07", JSON_READER_NUMBER, "-12.50e+07", false},
            {"true", JSON_READER_TRUE, "true", false},
            {"false", JSON_READER_FALSE, "false", false},
            {"null", JSON_READER_NULL, "null", false},
            {" [ ] ", JSON_READER_NESTED, "[ ]", false},
            {"{\"a\":[1,{\"b\":\"]}\"}] , \"c\" : {} }", JSON_READER_NESTED,
                    "{\"a\":[1,{\"b\":\"]}\"}] , \"c\" : {} }", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int end;
        struct json_reader_value value = read_one(rows[i].text, &end);

        assert_int_equal(end, 0);
        assert_int_equal(value.kind, rows[i].kind);
        assert_true(span_is(value.raw, rows[i].raw));
        assert_int_equal(value.has_escapes, rows[i].has_escapes);
    }
}

static void what_is_no_json_breaks_it_where_it_stands(void **state) {
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {{"", 0}, {"x", 0}, {"1 2", 2}, {"01", 1}, {"-", 1}, {"1.", 2}, {"1e", 2}, {"+1", 0},
            {"tru", 0}, {"nul ", 0}, {"\"a", 2}, {"\"\n\"", 1}, {"\"\\x\"", 2}, {"\"\\u12g4\"", 5},
            {"\"\\", 2}, {"[1,]", 3}, {"[1 2]", 3}, {"{\"a\"}", 4}, {"{\"a\":1,}", 7}, {"{a:1}", 1},
            {"[", 1}, {"{", 1}, {"[1}", 2}, {"'a'", 0}, {"/**/1", 0}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json_reader reader = json_reader_of(span_of(rows[i].text));
        struct json_reader_value name;

        (void)json_reader_next(&reader);
        assert_int_equal(json_reader_finish(&reader), -EINVAL);
        assert_int_equal(reader.at - rows[i].text, rows[i].at);
        /* and it finds nothing more */
        assert_int_equal(json_reader_next(&reader).kind, JSON_READER_NOTHING);
        assert_false(json_reader_take(&reader, rows[i].text[rows[i].at]));
        assert_false(json_reader_member(&reader, true, &name));
        assert_false(json_reader_member(&reader, false, &name));
        assert_int_equal(reader.at - rows[i].text, rows[i].at);
    }
}

static void a_nul_is_nowhere_json(void **state) {
    struct json_reader in_text = json_reader_of(SPAN_LITERAL("\"a\0b\""));
    struct json_reader behind = json_reader_of(SPAN_LITERAL("1\0"));

    (void)json_reader_next(&in_text);
    assert_int_equal(json_reader_finish(&in_text), -EINVAL);
    assert_int_equal(json_reader_next(&behind).kind, JSON_READER_NUMBER);
    assert_false(json_reader_take(&behind, ']'));
    assert_int_equal(json_reader_finish(&behind), -EINVAL);
}

static void members_come_one_by_one(void **state) {
    struct json_reader reader = json_reader_of(SPAN_LITERAL(" { \"a\" : 1 , \"b\":{}} "));
    struct json_reader empty = json_reader_of(SPAN_LITERAL("{}"));
    struct json_reader_value name;

    json_reader_expect(&reader, '{');
    assert_true(json_reader_member(&reader, true, &name));
    assert_true(span_is(name.raw, "a"));
    assert_true(span_is(json_reader_next(&reader).raw, "1"));
    assert_true(json_reader_member(&reader, false, &name));
    assert_true(span_is(name.raw, "b"));
    assert_int_equal(json_reader_next(&reader).kind, JSON_READER_NESTED);
    assert_false(json_reader_member(&reader, false, &name));
    assert_int_equal(json_reader_finish(&reader), 0);
    json_reader_expect(&empty, '{');
    assert_false(json_reader_member(&empty, true, &name));
    assert_int_equal(json_reader_finish(&empty), 0);
}

static void escapes_are_undone_where_the_text_stands(void **state) {
    static const struct {
        const char *text;
        const char *meant;
        bool is_whole;
    } rows[] = {
            {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", true},
            {"\"a\\u0041\\u00e4\\u20AC\\ud83d\\uddddz\"", "aA\xc3\xa4\xe2\x82\xac\xf0\x9f\x97\x9dz",
                    true},
            {"\"\\ud800x\"", "\xed\xa0\x80x", false},
            {"\"\\udc00\"", "\xed\xb0\x80", false},
            {"\"\\ud800\\u0041\"",
                    "\xed\xa0\x80"
                    "A",
                    false},
            {"\"\\ud800\"", "\xed\xa0\x80", false},
            {"\"\\ud800\\nabcd\"", "\xed\xa0\x80\nabcd", false},
            {"\"\\ud800 udc00\"", "\xed\xa0\x80 udc00", false},
            {"\"plain\"", "plain", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        struct json_reader reader;
        struct json_reader_value value;
        size_t len;

        buffer_append_text(&text, rows[i].text);
        reader = json_reader_of(buffer_span(&text));
        value = json_reader_next(&reader);
        assert_int_equal(json_reader_finish(&reader), 0);
        assert_int_equal(json_reader_decode(&value, text.data + 1, &len), rows[i].is_whole);
        assert_true(span_is((struct span){text.data + 1, len}, rows[i].meant));
    }
}

static void nesting_has_an_end(void **state) {
    char text[600];
    struct json_reader reader;

    for (size_t depth = 256; depth <= 257; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        reader = json_reader_of((struct span){text, 2 * depth});
        (void)json_reader_next(&reader);
        assert_int_equal(json_reader_finish(&reader), depth == 256 ? 0 : -EINVAL);
        assert_int_equal(reader.is_too_deep, depth == 257);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_kind_is_read_with_its_span),
            cmocka_unit_test(what_is_no_json_breaks_it_where_it_stands),
            cmocka_unit_test(a_nul_is_nowhere_json),
            cmocka_unit_test(members_come_one_by_one),
            cmocka_unit_test(escapes_are_undone_where_the_text_stands),
            cmocka_unit_test(nesting_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

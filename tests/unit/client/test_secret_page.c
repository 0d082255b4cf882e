/* Pages as the daemon writes them, as another program might, and invalid ones. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "support/test.h"
#include "wire/secret_page.h"

#define ROOM 4
#define SECRET(name, value, env) \
    "{\"name\":\"" name "\",\"value\":\"" value \
    "\",\"expired\":false,\"metadata\":{\"version\":1," \
    "\"ttl\":null,\"rotation\":{\"strategy\":\"hex\",\"on_expiry\":false},\"env\":" env \
    ",\"labels\":{\"a\":\"}]\",\"b\":\"\\\"\"}}}"
#define PAGE(secrets, next) "{\"secrets\":[" secrets "],\"next\":" next "}"

static int read_page(const char *text, struct buffer *page, struct env_entry *entries,
        size_t *ret_count, const char **ret_next) {
    buffer_append_text(page, text);
    return secret_page_read(page, entries, ROOM, ret_count, ret_next);
}

static void a_page_is_read(void **state) {
    struct env_entry entries[ROOM];
    BUFFER_AUTO struct buffer page = BUFFER_NULL;
    const char *next = NULL;
    size_t count = 0;

    assert_int_equal(read_page(PAGE(SECRET("a/b", "x", "\"A_B\"") "," SECRET(
                                            "c", "", "\"Other\"") "," SECRET("out", "y", "false"),
                                       "\"out\""),
                             &page, entries, &count, &next),
            0);
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].name, "a/b");
    assert_string_equal(entries[0].env, "A_B");
    assert_string_equal(entries[0].value, "x");
    assert_int_equal(entries[0].value_len, 1);
    assert_string_equal(entries[1].env, "Other");
    assert_int_equal(entries[1].value_len, 0);
    assert_string_equal(next, "out");
}

static void blanks_unknown_members_and_the_expired_are_passed_over(void **state) {
    struct env_entry entries[ROOM];
    BUFFER_AUTO struct buffer page = BUFFER_NULL;
    const char *next = "";
    size_t count = 7;

    assert_int_equal(
            read_page(" { \"new\" : [ 1 , { \"x\" : [ ] } , -2.5e3 ] , \"next\" :\tnull ,\n"
                      "\"secrets\" : [ { \"metadata\" : { \"env\" : \"A\" , \"more\" : { } } ,"
                      " \"expired\" : true , \"name\" : \"a\" , \"value\" : \"x\" } ,\r\n"
                      "{ \"value_base64\" : \"AA==\" , \"name\" : \"b\" , \"expired\" : false ,"
                      " \"metadata\" : { \"env\" : \"B\" } } ] } \n",
                    &page, entries, &count, &next),
            0);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].value, "AA==");
    assert_null(next);
}

static void an_empty_page_has_nothing(void **state) {
    struct env_entry entries[ROOM];
    BUFFER_AUTO struct buffer page = BUFFER_NULL;
    const char *next = "";
    size_t count = 7;

    assert_int_equal(read_page(PAGE("", "null"), &page, entries, &count, &next), 0);
    assert_int_equal(count, 0);
    assert_null(next);
}

static void escapes_mean_what_they_mean_to_jansson(void **state) {
    static const char *const values[] = {"\\\"\\\\\\/\\b\\f\\n\\r\\t",
            "\\u0041\\u00e4\\u20AC\\u001f", "\\u007f\\u0080\\u07ff\\u0800\\uffff", "\\ud83d\\ude00",
            "a\xc3\xa4\xf0\x9f\x98\x80", "\\uD83D\\uDE00x\\\\"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct env_entry entries[ROOM];
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        BUFFER_AUTO struct buffer page = BUFFER_NULL;
        const char *next;
        size_t count = 0;
        json_auto_t *tree = NULL;
        const json_t *value;

        buffer_printf(&text, PAGE(SECRET("a", "%s", "\"A\""), "null"), values[i]);
        tree = json_loads(buffer_string(&text), 0, NULL);
        value = json_object_get(json_array_get(json_object_get(tree, "secrets"), 0), "value");
        assert_non_null(value);
        assert_int_equal(read_page(buffer_string(&text), &page, entries, &count, &next), 0);
        assert_int_equal(entries[0].value_len, json_string_length(value));
        assert_string_equal(entries[0].value, json_string_value(value));
    }
}

static void what_is_no_page_is_refused(void **state) {
    static const char *const bad[] = {"", "{", "[]", "{}", "{\"secrets\":[]}", "{\"next\":null}",
            PAGE("", "null") "x", PAGE("{}", "null"), PAGE(SECRET("a", "x", "true"), "null"),
            PAGE(SECRET("a", "x", "\"A B\""), "null"), PAGE(SECRET("../a", "x", "\"A\""), "null"),
            PAGE(SECRET("a", "\\x", "\"A\""), "null"), PAGE(SECRET("a", "\n", "\"A\""), "null"),
            PAGE(SECRET("a", "\\ud800", "\"A\""), "null"),
            PAGE(SECRET("a", "\\udc00", "\"A\""), "null"),
            PAGE(SECRET("a", "\\ud800\\u0041", "\"A\""), "null"),
            PAGE(SECRET("a", "\\u12", "\"A\""), "null"),
            PAGE(SECRET("a", "\\u123x", "\"A\""), "null"),
            PAGE(SECRET("a", "\\ud800\\uffff", "\"A\""), "null"),
            PAGE(SECRET("a", "\x1f", "\"A\""), "null"), PAGE("", "null,\"x\":"),
            PAGE("", "null,\"secrets\":[]"), PAGE(SECRET("a\\u0000b", "x", "\"A\""), "null"),
            PAGE(SECRET("a", "x", "\"A\\u0000B\""), "null"), PAGE(SECRET("a", "x", "null"), "null"),
            PAGE("", "\"a\\u0000b\""), PAGE("", "false"),
            "{\"secrets\":[{\"name\":\"a\",\"value\":\"x\",\"metadata\":{\"env\":\"A\"}}],\"next\":"
            "null}",
            "{\"secrets\":[{\"name\":\"a\",\"value\":\"x\",\"expired\":1,\"metadata\":{\"env\":"
            "\"A\"}}],"
            "\"next\":null}",
            PAGE(SECRET("a", "x", "\"A\"") ",", "null"), "{\"secrets\":[],\"next\":null",
            "{\"secrets\":[", "{\"secrets\":[],\"next\":\"a\\",
            "{\"secrets\":[{\"name\":\"a\",\"expired\":false,\"metadata\":{\"env\":\"A\"}}],"
            "\"next\":null}",
            PAGE(SECRET("a", "x", "\"A\"") "," SECRET("b", "x", "\"A\"") "," SECRET("c", "x",
                         "\"A\"") "," SECRET("d", "x", "\"A\"") "," SECRET("e", "x", "\"A\""),
                    "null")};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct env_entry entries[ROOM];
        BUFFER_AUTO struct buffer page = BUFFER_NULL;
        const char *next = NULL;
        size_t count = 0;

        assert_int_equal(read_page(bad[i], &page, entries, &count, &next), -EPROTO);
    }
}

static void a_page_nested_too_deep_is_refused(void **state) {
    struct env_entry entries[ROOM];
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    BUFFER_AUTO struct buffer page = BUFFER_NULL;
    const char *next = NULL;
    size_t count = 0;

    buffer_append_text(&text, "{\"x\":");
    for (int i = 0; i < 1000000; i++) {
        buffer_append_byte(&text, '[');
    }
    assert_int_equal(read_page(buffer_string(&text), &page, entries, &count, &next), -EPROTO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_page_is_read),
            cmocka_unit_test(blanks_unknown_members_and_the_expired_are_passed_over),
            cmocka_unit_test(an_empty_page_has_nothing),
            cmocka_unit_test(escapes_mean_what_they_mean_to_jansson),
            cmocka_unit_test(what_is_no_page_is_refused),
            cmocka_unit_test(a_page_nested_too_deep_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

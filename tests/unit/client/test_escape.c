#include <string.h>

#include "support/test.h"
#include "terminal/escape.h"

static void assert_shown(const char *text, const char *wanted) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;

    escape_append_text(&shown, text);
    assert_string_equal(buffer_string(&shown), wanted);
}

static void what_is_printable_stays(void **state) {
    assert_shown("", "");
    assert_shown("db_pass is \\n 'quoted'", "db_pass is \\n 'quoted'");
    assert_shown("grün 日本 \U0001F600 e\u0301 \u00A0", "grün 日本 \U0001F600 e\u0301 \u00A0");
}

static void control_characters_are_escaped(void **state) {
    assert_shown("a\nb\r\tc", "a\\nb\\r\\tc");
    assert_shown("\033[31m\a\x7f", "\\u001B[31m\\u0007\\u007F");
    assert_shown("\xc2\x80\xc2\x9b"
                 "31m\xc2\x9f",
            "\\u0080\\u009B31m\\u009F");
}

static void what_reorders_or_breaks_lines_is_escaped(void **state) {
    assert_shown("\u061C\u200E\u200F", "\\u061C\\u200E\\u200F");
    assert_shown("\u2028\u2029\u202A\u202E", "\\u2028\\u2029\\u202A\\u202E");
    assert_shown("\u2066\u2069\uFEFF", "\\u2066\\u2069\\uFEFF");
}

static void what_is_no_utf8_is_escaped_byte_by_byte(void **state) {
    assert_shown("a\x9b\x33", "a\\x9B3");
    assert_shown("\xc2", "\\xC2");
    assert_shown("\xc0\x9b", "\\xC0\\x9B");                   /* too long a form */
    assert_shown("\xe0\x82\x9b", "\\xE0\\x82\\x9B");          /* another */
    assert_shown("\xed\xa0\x80", "\\xED\\xA0\\x80");          /* half of a pair */
    assert_shown("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"); /* past the last character */
    assert_shown("\xf5\xff", "\\xF5\\xFF");
}

static void the_len_counts_and_not_a_nul(void **state) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;

    escape_append(&shown, "a\0b\nc", 4);
    assert_string_equal(buffer_string(&shown), "a\\u0000b\\n");
}

static void a_json_document_keeps_its_meaning(void **state) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;
    static const char document[] = "{\n\"a\":\"\xc2\x9b\x7f\"}\n";

    escape_append_json(&shown, document, strlen(document));
    assert_string_equal(buffer_string(&shown), "{\n\"a\":\"\\u009B\\u007F\"}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_printable_stays),
            cmocka_unit_test(control_characters_are_escaped),
            cmocka_unit_test(what_reorders_or_breaks_lines_is_escaped),
            cmocka_unit_test(what_is_no_utf8_is_escaped_byte_by_byte),
            cmocka_unit_test(the_len_counts_and_not_a_nul),
            cmocka_unit_test(a_json_document_keeps_its_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

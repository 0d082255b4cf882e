#include <string.h>

#include "env/env_parse.h"
#include "support/test.h"

#define NOT_ASSIGNMENT "it is no NAME=value, where NAME is letters, digits and '_', no digit first"

/* A valid line, and the entry that it is. */
static const struct row {
    const char *text;
    const char *name;
    const char *value;
    bool is_expandable;
} rows[] = {
        {"A=1", "A", "1", false},
        {"A=1\n", "A", "1", false},
        {"A=\n", "A", "", false},
        {"A=''", "A", "", false},
        {"  A = two words  \n", "A", "two words", false},
        {"export A=1", "A", "1", false},
        {"export\tA=1", "A", "1", false},
        {"export=1", "export", "1", false},
        {"\xef\xbb\xbf"
         "A=1\r\n",
                "A", "1", false},
        {"A=a#b # comment", "A", "a#b", false},
        {"A=#x", "A", "#x", false},
        {"A= # comment", "A", "", false},
        {"A=it's \"so\" \\n", "A", "it's \"so\" \\n", false},
        {"A=a=b=", "A", "a=b=", false},
        {"A='a # b' # c", "A", "a # b", false},
        {"A='a\nb'", "A", "a\nb", false},
        {"#\r\nA='a\r\nb'\r\n", "A", "a\nb", false},
        {"A='\\n$x'", "A", "\\n$x", false},
        {"A=\"\\n\\r\\t\\\\\\\"\\$\\`\\x\"", "A", "\n\r\t\\\"$`\\x", false},
        {"A=\"a\nb\"", "A", "a\nb", false},
        {"A=`it's`", "A", "it's", false},
        {"A='it'\"'\"'s'", "A", "it's", false},
        {"A=${B}", "A", "${B}", true},
        {"A=\"${B}\"", "A", "${B}", true},
        {"A=\"\\${B}\"", "A", "${B}", false},
        {"A='${B}'", "A", "${B}", false},
        {"A=$B", "A", "$B", false},
        {"# c\n\n \t\n  # c\r\nA=1", "A", "1", false},
        {"{\"A\":\"x\\ny\"}", "A", "x\ny", false},
        {"\xef\xbb\xbf {\"A\":12}", "A", "12", false},
        {"{\"A\":1.50}", "A", "1.50", false},
        {"{\"A\":12345678901234567890}", "A", "12345678901234567890", false},
        {"{\"A\":true}", "A", "true", false},
        {"{\"app/x\":false}", "app/x", "false", false},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void each_line_says_what_people_mean(void **state) {
    for (size_t i = 0; i < ROWS; i++) {
        ENV_PARSED_AUTO struct env_parsed parsed = {0};

        env_parse(NULL, rows[i].text, strlen(rows[i].text), &parsed);
        assert_int_equal(parsed.fault_count, 0);
        assert_int_equal(parsed.entry_count, 1);
        assert_string_equal(parsed.entries[0].name, rows[i].name);
        assert_int_equal(parsed.entries[0].value.len, strlen(rows[i].value));
        assert_string_equal(buffer_string(&parsed.entries[0].value), rows[i].value);
        assert_int_equal(parsed.entries[0].is_expandable, rows[i].is_expandable);
    }
}

/* One fault each, at that line. */
static const struct fault_row {
    const char *text;
    size_t line;
    const char *fault;
} fault_rows[] = {
        {"A", 1, NOT_ASSIGNMENT},
        {"\n\nexport A", 3, NOT_ASSIGNMENT},
        {"A: 1", 1, NOT_ASSIGNMENT},
        {"1A=1", 1, NOT_ASSIGNMENT},
        {"a-b=1", 1, NOT_ASSIGNMENT},
        {"=1", 1, NOT_ASSIGNMENT},
        {"A='x", 1, "A: its quote is not closed"},
        {"B=1\nA=\"x\\\"", 2, "A: its quote is not closed"},
        {"A='x'y", 1, "A: something stands behind its closing quote"},
        {"A=1\n\xef\xbb\xbf"
         "B=2",
                2, "a byte order mark stands here, where no file begins: remove it"},
        {"A=1\nB=2\nA=3", 3, "A stands in line 1 already"},
        {"[1]", 1, NOT_ASSIGNMENT},
};
#define FAULT_ROWS (sizeof(fault_rows) / sizeof(fault_rows[0]))

static void each_bad_line_is_named(void **state) {
    for (size_t i = 0; i < FAULT_ROWS; i++) {
        ENV_PARSED_AUTO struct env_parsed parsed = {0};

        env_parse(NULL, fault_rows[i].text, strlen(fault_rows[i].text), &parsed);
        assert_int_equal(parsed.fault_count, 1);
        assert_string_equal(parsed.faults[0].text, fault_rows[i].fault);
        assert_int_equal(parsed.faults[0].line, fault_rows[i].line);
    }
}

static void a_bad_line_does_not_hide_the_next(void **state) {
    static const char text[] = "A='open\nB=2\nbad\nC='x\ny'\nD=4\n";
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, text, strlen(text), &parsed);
    assert_int_equal(parsed.entry_count, 3); /* A's quote ends in C's line, with x behind it */
    assert_string_equal(parsed.entries[0].name, "B");
    assert_string_equal(parsed.entries[1].name, "C");
    assert_string_equal(parsed.entries[2].name, "D");
    assert_int_equal(parsed.entries[2].line, 6);
    assert_int_equal(parsed.fault_count, 2);
    assert_int_equal(parsed.faults[0].line, 1);
    assert_int_equal(parsed.faults[1].line, 3);
}

static void lines_are_counted_through_quotes(void **state) {
    static const char text[] = "A='1\n2\n3'\nbad\n";
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, text, strlen(text), &parsed);
    assert_int_equal(parsed.entry_count, 1);
    assert_int_equal(parsed.faults[0].line, 4);
}

static void a_nul_is_a_fault(void **state) {
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, "A=a\0b", 5, &parsed);
    assert_int_equal(parsed.fault_count, 1);
    assert_string_equal(parsed.faults[0].text, "A: it holds a NUL byte");
}

static void an_empty_file_has_no_entries(void **state) {
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, "", 0, &parsed);
    assert_int_equal(parsed.entry_count, 0);
    assert_int_equal(parsed.fault_count, 0);
}

/* Any bytes: no crash, and no fault that shows a value. */
static void any_bytes_are_survived(void **state) {
    static const char alphabet[] = "A=='\"`\\\n\r #$x\xff\0{}:,";
    unsigned seed = 7;
    char text[40] = {0};

    for (int round = 0; round < 50000; round++) {
        ENV_PARSED_AUTO struct env_parsed parsed = {0};
        size_t len = (size_t)rand_r(&seed) % sizeof(text);

        for (size_t i = 0; i < len; i++) {
            text[i] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
        }
        env_parse(NULL, text, len, &parsed);
        for (size_t i = 0; i < parsed.entry_count; i++) {
            assert_non_null(buffer_string(&parsed.entries[i].value));
            assert_true(parsed.entries[i].line > 0);
        }
        for (size_t i = 0; i < parsed.fault_count; i++) {
            assert_true(strlen(parsed.faults[i].text) < 220);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_line_says_what_people_mean),
            cmocka_unit_test(each_bad_line_is_named),
            cmocka_unit_test(a_bad_line_does_not_hide_the_next),
            cmocka_unit_test(lines_are_counted_through_quotes),
            cmocka_unit_test(a_nul_is_a_fault),
            cmocka_unit_test(an_empty_file_has_no_entries),
            cmocka_unit_test(any_bytes_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

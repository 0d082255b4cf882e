/* The JSON of ghostctl import: what it holds, each fault with its line, and jansson beside it. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "env/env_parse.h"
#include "env/env_parse_readers.h"
#include "support/test.h"

#define NOT_FLAT "it is not flat: only texts, numbers and booleans are read"
#define ROUNDS 200000

/* One member that is good. */
static const struct row {
    const char *text;
    const char *name;
    const char *value;
} rows[] = {
        {"{\"A\":\"\"}", "A", ""},
        {" \r\n\t{ \"A\" : \"x\" } \n", "A", "x"},
        {"{\"A\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "A", "\"\\/\b\f\n\r\t"},
        {"{\"A\":\"\\u00e4\\u20AC\\ud83d\\ude00\"}", "A", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"{\"A\":\"\xc3\xa4\x7f\"}", "A", "\xc3\xa4\x7f"},
        {"{\"A\":0}", "A", "0"},
        {"{\"A\":-0}", "A", "-0"},
        {"{\"A\":1.50}", "A", "1.50"},
        {"{\"A\":1E+05}", "A", "1E+05"},
        {"{\"A\":0.1000000000000000055511151231257827}", "A",
                "0.1000000000000000055511151231257827"},
        {"{\"A\":123456789012345678901234567890}", "A", "123456789012345678901234567890"},
        {"{\"A\":1e999}", "A", "1e999"},
        {"{\"A\":true}", "A", "true"},
        {"{\"\\u0041\":false}", "A", "false"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void each_member_keeps_its_text(void **state) {
    for (size_t i = 0; i < ROWS; i++) {
        ENV_PARSED_AUTO struct env_parsed parsed = {0};

        env_parse(NULL, rows[i].text, strlen(rows[i].text), &parsed);
        assert_int_equal(parsed.fault_count, 0);
        assert_int_equal(parsed.entry_count, 1);
        assert_string_equal(parsed.entries[0].name, rows[i].name);
        assert_int_equal(parsed.entries[0].value.len, strlen(rows[i].value));
        assert_string_equal(buffer_string(&parsed.entries[0].value), rows[i].value);
    }
}

/* One fault each. */
static const struct fault_row {
    const char *text;
    size_t line;
    const char *fault;
} fault_rows[] = {
        {"{\n\"A\":null}", 2, "'A': it is null: leave it out, or make it \"\""},
        {"{\r\n\r\n\"A\":[]}", 3, "'A': " NOT_FLAT},
        {"{\r\r\"A\":{\"B\":[1,{}]}}", 3, "'A': " NOT_FLAT},
        {"{\"A\":\"x\",\n\"B\":\"a\\u0000b\"}", 2, "'B': it holds a NUL byte"},
        {"{\"A\":1,\n\"B\":2,\n\"A\":3}", 3, "A stands in line 1 already"},
        {"{\"A\\u0000\":1}", 1, "the name of a member holds what no name can"},
        {"{\n\"A\":}", 2, "it is not JSON from column 5 on"},
        {"{} x", 1, "it is not JSON from column 4 on"},
        {"{\"A\":1,}", 1, "it is not JSON from column 8 on"},
        {"{\"A\":1", 1, "it is not JSON from column 7 on"},
        {"{\"A\":01}", 1, "it is not JSON from column 7 on"},
        {"{\"A\":1.}", 1, "it is not JSON from column 8 on"},
        {"{\"A\":.5}", 1, "it is not JSON from column 6 on"},
        {"{\"A\":+1}", 1, "it is not JSON from column 6 on"},
        {"{\"A\":NaN}", 1, "it is not JSON from column 6 on"},
        {"{\"A\":nul}", 1, "it is not JSON from column 6 on"},
        {"{\"\xc3\xa4\":'x'}", 1, "it is not JSON from column 6 on"},
        {"{\"A\":\"\\x\"}", 1, "it is not JSON from column 8 on"},
        {"{\"A\":\"\\u12g4\"}", 1, "it is not JSON from column 11 on"},
        {"{\"A\":\"\\ud800\\u12g4\"}", 1, "it is not JSON from column 17 on"},
        {"{\"A\":\"x\ny\"}", 1, "it is not JSON from column 8 on"},
        {"{A:1}", 1, "it is not JSON from column 2 on"},
        {"{ /* c */ }", 1, "it is not JSON from column 3 on"},
};
#define FAULT_ROWS (sizeof(fault_rows) / sizeof(fault_rows[0]))

static void each_fault_has_its_line(void **state) {
    for (size_t i = 0; i < FAULT_ROWS; i++) {
        ENV_PARSED_AUTO struct env_parsed parsed = {0};

        env_parse(NULL, fault_rows[i].text, strlen(fault_rows[i].text), &parsed);
        assert_int_equal(parsed.fault_count, 1);
        assert_string_equal(parsed.faults[0].text, fault_rows[i].fault);
        assert_int_equal(parsed.faults[0].line, fault_rows[i].line);
    }
}

static void all_faults_are_reported_at_once(void **state) {
    static const char text[] = "{\"A\":null,\n\"B\":\"\\ud800\",\n\"C\":\"\\u0000\",\n\"D\":\"x\"}";
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, text, strlen(text), &parsed);
    assert_int_equal(parsed.fault_count, 3);
    assert_int_equal(parsed.faults[2].line, 3);
    assert_int_equal(parsed.entry_count, 1);
    assert_string_equal(parsed.entries[0].name, "D");
}

static void of_what_is_no_json_nothing_is_taken(void **state) {
    static const char text[] = "{\"A\":\"x\",\"B\":\"y\"";
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, text, strlen(text), &parsed);
    assert_int_equal(parsed.fault_count, 1);
    assert_int_equal(parsed.entry_count, 0);
}

static void what_is_nested_too_deep_is_refused(void **state) {
    static char text[100000];
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    memset(text, '[', sizeof(text));
    memcpy(text, "{\"A\":", 5);
    env_parse(NULL, text, sizeof(text), &parsed);
    assert_int_equal(parsed.fault_count, 1);
}

/* Whether all of it is one JSON object. */
static bool is_json(const char *text, size_t len) {
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse_json(text, len, &parsed);
    for (size_t i = 0; i < parsed.fault_count; i++) {
        if (strncmp(parsed.faults[i].text, "it is not JSON", strlen("it is not JSON")) == 0) {
            return false;
        }
    }
    return true;
}

/* Random texts, without the digits and exponents that are too large for a number of jansson's. */
static void it_takes_for_json_what_jansson_does(void **state) {
    static const char *const pieces[] = {"{", "}", "[", "]", ":", ",", "\"", "\"A\"", "\"b\\n\"",
            "\\", "\\u00e4", "\\/", " ", "\n", "\r", "\t", "0", "1", "-", ".", "2e1", "true",
            "false", "null", "nul", "\x01", "\xc3\xa4", "{\"A\":", "\"B\":1"};
    unsigned seed = 11;
    size_t good = 0;

    for (int round = 0; round < ROUNDS; round++) {
        char text[160] = "{";
        char *end = text + 1;
        size_t count = (size_t)rand_r(&seed) % 12;
        json_t *document;

        for (size_t i = 0; i < count; i++) {
            end = stpcpy(end, pieces[(size_t)rand_r(&seed) % (sizeof(pieces) / sizeof(pieces[0]))]);
        }
        (void)stpcpy(end, round % 2 == 0 ? "}" : "");
        document = json_loadb(text, strlen(text), JSON_ALLOW_NUL, NULL);
        if (is_json(text, strlen(text)) != json_is_object(document)) {
            fail_msg("jansson %s: %s", document != NULL ? "takes" : "refuses", text);
        }
        good += document != NULL;
        json_decref(document);
    }
    assert_true(good > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_member_keeps_its_text),
            cmocka_unit_test(each_fault_has_its_line),
            cmocka_unit_test(all_faults_are_reported_at_once),
            cmocka_unit_test(of_what_is_no_json_nothing_is_taken),
            cmocka_unit_test(what_is_nested_too_deep_is_refused),
            cmocka_unit_test(it_takes_for_json_what_jansson_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

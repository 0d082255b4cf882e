/* Bodies, beside the fixtures: what a decoded body holds, and the message about an invalid one. */
#include <stdio.h>

#include "api/ghostkey/request.h"
#include "support/test.h"

#define VALUE_MAX_BYTES 64

struct fixture {
    struct buffer bytes;
    struct definition definition;
    struct problem problem;
};

static int setup(void **state) {
    static struct fixture fixture;

    fixture = (struct fixture){0};
    *state = &fixture;
    return 0;
}

static int teardown(void **state) {
    buffer_deinit(&((struct fixture *)*state)->bytes);
    return 0;
}

static int put(struct fixture *fixture, const char *body) {
    buffer_deinit(&fixture->bytes);
    return request_decode_put(span_of(body), VALUE_MAX_BYTES, &fixture->bytes, &fixture->definition,
            &fixture->problem);
}

static int patch(struct fixture *fixture, const char *body) {
    buffer_deinit(&fixture->bytes);
    return request_decode_patch(span_of(body), VALUE_MAX_BYTES, &fixture->bytes,
            &fixture->definition, &fixture->problem);
}

static void put_holds_what_was_said(void **state) {
    struct fixture *fixture = *state;
    struct definition *definition = &fixture->definition;

    assert_int_equal(put(fixture, "{\"value\":\"s\\u00e9\", \"ttl\":\"15m\", \"rotation\":"
                                  "{\"strategy\":\"hex\",\"length\":16,\"on_expiry\":true},"
                                  "\"env\":\"DB_PASS\",\"labels\":{\"team\":\"core\",\"a\":\"\"}}"),
            0);
    assert_int_equal(definition->value_source, VALUE_GIVEN);
    assert_true(span_is(definition->value, "s\xc3\xa9"));
    assert_false(definition->binary);
    assert_true(definition->has_ttl);
    assert_int_equal(definition->ttl_s, 900);
    assert_true(definition->policy.given);
    assert_false(definition->policy.reset);
    assert_true(span_is(definition->policy.strategy, "hex"));
    assert_true(definition->policy.has_on_expiry && definition->policy.on_expiry);
    assert_int_equal(definition->policy.parameter_count, 1);
    assert_string_equal(definition->policy.parameters[0].name, "length");
    assert_int_equal(definition->policy.parameters[0].value.type, PARAMETER_INTEGER);
    assert_int_equal(definition->policy.parameters[0].value.integer, 16);
    assert_true(definition->has_env);
    assert_int_equal(definition->env_source, ENV_NAMED);
    assert_true(span_is(definition->env, "DB_PASS"));
    assert_true(definition->has_labels);
    assert_int_equal(definition->label_count, 2);
    assert_true(span_is(definition->labels[1].name, "team"));
    assert_true(span_is(definition->labels[1].value, "core"));
    assert_non_null(definition->labels[0].value.data);
}

static void put_of_a_value_alone_leaves_the_rest_unsaid(void **state) {
    struct fixture *fixture = *state;
    struct definition *definition = &fixture->definition;

    assert_int_equal(put(fixture, "{\"value\":\"\"}"), 0);
    assert_int_equal(definition->value_source, VALUE_GIVEN);
    assert_int_equal(definition->value.len, 0);
    assert_false(definition->has_ttl || definition->has_env || definition->has_labels);
    assert_false(definition->policy.given);
}

static void put_decodes_base64(void **state) {
    static const struct {
        const char *text;
        const char *bytes;
        size_t len;
    } rows[] = {
            {"", "", 0},
            {"AA==", "\0", 1},
            {"AAE=", "\0\1", 2},
            {"/+79", "\xff\xee\xfd", 3},
            {"Z2hvc3Q=", "ghost", 5},
    };
    struct fixture *fixture = *state;
    char body[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(body, sizeof(body), "{\"value_base64\":\"%s\"}", rows[i].text);
        assert_int_equal(put(fixture, body), 0);
        assert_true(fixture->definition.binary);
        assert_true(
                span_equals(fixture->definition.value, (struct span){rows[i].bytes, rows[i].len}));
    }
}

static void put_refuses_what_is_not_canonical_base64(void **state) {
    static const char *const rows[] = {"A", "AA",
            "AA=", "A===", "====", "AB==", "AAF=", "AA==AA==", "AA-_", " AA==", "AA==\\n", "AA=A",
            "AAA\\u0000", "\\u00e9AA="};
    struct fixture *fixture = *state;
    char body[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(body, sizeof(body), "{\"value_base64\":\"%s\"}", rows[i]);
        assert_int_equal(put(fixture, body), GK_E_BAD_REQUEST);
        assert_non_null(strstr(fixture->problem.detail, "'value_base64'"));
    }
}

static void put_keeps_lists_and_base64_apart(void **state) {
    struct fixture *fixture = *state;
    const struct parameter *list;
    struct span rest;
    struct span text;

    assert_int_equal(put(fixture, "{\"rotation\":{\"values\":[\"one\",\"\",\"three\"],"
                                  "\"strategy\":\"cycle\"},\"value_base64\":\"Z2hvc3Q=\"}"),
            0);
    assert_true(span_is(fixture->definition.value, "ghost"));
    list = &fixture->definition.policy.parameters[0].value;
    assert_int_equal(list->type, PARAMETER_LIST);
    assert_int_equal(list->count, 3);
    rest = list->text;
    assert_true(list_next(&rest, &text) && span_is(text, "one"));
    assert_true(list_next(&rest, &text) && span_is(text, ""));
    assert_true(list_next(&rest, &text) && span_is(text, "three"));
    assert_false(list_next(&rest, &text));
}

static void put_spans_stay_where_the_bytes_are(void **state) {
    struct fixture *fixture = *state;
    const struct buffer *bytes = &fixture->bytes;
    const struct parameter *list;
    char body[2048];

    /* the buffer is more than full several times over, if it was not made large enough at once */
    for (int len = 400; len < 1800; len += 4) {
        snprintf(body, sizeof(body),
                "{\"rotation\":{\"values\":[\"%0*d\",\"\",\"\",\"\"]},\"value_base64\":"
                "\"%080d\"}",
                len, 0, 0);
        assert_int_equal(put(fixture, body), 0);
        list = &fixture->definition.policy.parameters[0].value;
        assert_ptr_equal(list->text.data, bytes->data);
        assert_int_equal(list_at(list, 0).len, len);
        assert_ptr_equal(fixture->definition.value.data, bytes->data + list->text.len);
        assert_int_equal(fixture->definition.value.len, 60);
    }
}

static void put_undoes_escapes_wherever_a_text_stands(void **state) {
    struct fixture *fixture = *state;
    const struct definition *definition = &fixture->definition;
    const struct parameter *list;

    assert_int_equal(put(fixture, "{\"v\\u0061lue_base64\":\"\\/+79\",\"env\":\"D\\u0042\","
                                  "\"rotation\":{\"v\\u0061lues\":[\"\\u20ac\",\"\\ud83d\\ude00\"],"
                                  "\"strategy\":\"c\\u0079cle\"},\"labels\":{\"\\t\":\"\\n\"}}"),
            0);
    assert_true(span_is(definition->value, "\xff\xee\xfd"));
    assert_true(span_is(definition->env, "DB"));
    assert_true(span_is(definition->policy.strategy, "cycle"));
    list = &definition->policy.parameters[0].value;
    assert_true(span_is(list_at(list, 0), "\xe2\x82\xac"));
    assert_true(span_is(list_at(list, 1), "\xf0\x9f\x98\x80"));
    assert_true(span_is(definition->labels[0].name, "\t"));
    assert_true(span_is(definition->labels[0].value, "\n"));
}

static void members_past_the_eighth_are_read_too(void **state) {
    static const char *const rows[][2] = {
            {"{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1}",
                    "member '1'"},
            {"{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1x}",
                    "not valid"},
            {"{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"8\":1}",
                    "'8' is given more"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(put(fixture, rows[i][0]), GK_E_BAD_REQUEST);
        assert_non_null(strstr(fixture->problem.detail, rows[i][1]));
    }
}

static void numbers_are_whole_and_fit(void **state) {
    static const struct {
        const char *number;
        bool is_taken;
    } rows[] = {{"8", true}, {"-0", true}, {"-9223372036854775807", true},
            {"9223372036854775807", true}, {"9223372036854775808", false}, {"1.0", false},
            {"1e3", false}, {"99999999999999999999999", false}};
    struct fixture *fixture = *state;
    char body[128];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(body, sizeof(body), "{\"value\":\"\",\"rotation\":{\"length\":%s}}",
                rows[i].number);
        assert_int_equal(put(fixture, body), rows[i].is_taken ? 0 : GK_E_BAD_REQUEST);
    }
}

static void put_value_has_a_limit_that_stands_first(void **state) {
    struct fixture *fixture = *state;
    char value[VALUE_MAX_BYTES + 2];
    char body[512];

    memset(value, 'v', sizeof(value));
    value[VALUE_MAX_BYTES] = '\0';
    snprintf(body, sizeof(body), "{\"value\":\"%s\"}", value);
    assert_int_equal(put(fixture, body), 0);
    value[VALUE_MAX_BYTES] = 'v';
    value[VALUE_MAX_BYTES + 1] = '\0';
    snprintf(body, sizeof(body), "{\"foo\":1,\"ttl\":0,\"value\":\"%s\"}", value);
    assert_int_equal(put(fixture, body), GK_E_TOO_LARGE);
    assert_non_null(strstr(fixture->problem.detail, "65 bytes"));
    assert_null(strstr(fixture->problem.detail, "vv"));
    assert_int_equal(patch(fixture, body), GK_E_TOO_LARGE);
    /* 88 digits are 64 bytes with two '=', 65 with one, 66 without */
    memset(body, 0, sizeof(body));
    snprintf(body, sizeof(body), "{\"value_base64\":\"%085dAA=\"}", 0);
    assert_int_equal(put(fixture, body), GK_E_TOO_LARGE);
    snprintf(body, sizeof(body), "{\"value_base64\":\"%084dAA==\"}", 0);
    assert_int_equal(put(fixture, body), 0);
    assert_int_equal(fixture->definition.value.len, VALUE_MAX_BYTES);
}

static void patch_null_goes_back_to_the_default(void **state) {
    struct fixture *fixture = *state;
    struct definition *definition = &fixture->definition;

    assert_int_equal(patch(fixture, "{\"ttl\":null,\"env\":null,\"rotation\":null,"
                                    "\"labels\":null}"),
            0);
    assert_int_equal(definition->value_source, VALUE_KEPT);
    assert_true(definition->has_ttl);
    assert_int_equal(definition->ttl_s, 0);
    assert_true(definition->has_env);
    assert_int_equal(definition->env_source, ENV_DEFAULT);
    assert_true(definition->policy.given && definition->policy.reset);
    assert_true(definition->has_labels && definition->labels_reset);
    assert_int_equal(definition->label_count, 0);
}

static void patch_null_within_an_object_removes(void **state) {
    struct fixture *fixture = *state;
    struct definition *definition = &fixture->definition;

    assert_int_equal(patch(fixture, "{\"rotation\":{\"strategy\":null,\"length\":null,"
                                    "\"on_expiry\":null},\"labels\":{\"a\":null,\"b\":\"\"}}"),
            0);
    assert_true(definition->policy.given);
    assert_false(definition->policy.reset);
    assert_true(span_is(definition->policy.strategy, "token"));
    assert_true(definition->policy.has_on_expiry);
    assert_false(definition->policy.on_expiry);
    assert_int_equal(definition->policy.parameters[0].value.type, PARAMETER_NONE);
    assert_int_equal(definition->label_count, 2);
    assert_null(definition->labels[0].value.data);
    assert_non_null(definition->labels[1].value.data);
}

static void patch_that_is_empty_says_nothing(void **state) {
    struct fixture *fixture = *state;
    struct definition *definition = &fixture->definition;

    assert_int_equal(patch(fixture, "{}"), 0);
    assert_int_equal(definition->value_source, VALUE_KEPT);
    assert_false(definition->has_ttl || definition->has_env || definition->has_labels ||
                 definition->policy.given);
}

static void repeated_member_is_named_however_it_is_written(void **state) {
    static const char *const rows[][2] = {
            {"{\"value\":\"x\",\"value\":\"x\"}", "'value'"},
            {"{\"value\":\"x\",\"v\\u0061lue\":\"x\"}", "'value'"},
            {"{\"labels\":{\"a\\\"b\\\\\":\"\",\"a\\\"b\\\\\" :\"\"}}", "'labels.a\"b\\'"},
            {"{\"labels\":{\"\xc3\xa9\":\"\",\"\xc3\xa9\":\"\"}}", "'labels.\xc3\xa9'"},
            {"{\"\":1,\"\":1}", "''"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(put(fixture, rows[i][0]), GK_E_BAD_REQUEST);
        if (strstr(fixture->problem.detail, rows[i][1]) == NULL ||
                strstr(fixture->problem.detail, "more than once") == NULL) {
            fail_msg("row %zu: %s", i, fixture->problem.detail);
        }
    }
}

static void body_cut_anywhere_is_refused(void **state) {
    static const char body[] = "{\"value\":\"s\xc3\xa9\\u20ac\",\"ttl\":900,\"env\":false,"
                               "\"labels\":{\"a\":\"b\"},\"rotation\":{\"length\":8}}";
    struct fixture *fixture = *state;

    for (size_t len = 0; len + 1 < sizeof(body); len++) {
        buffer_deinit(&fixture->bytes);
        assert_int_equal(request_decode_put((struct span){body, len}, VALUE_MAX_BYTES,
                                 &fixture->bytes, &fixture->definition, &fixture->problem),
                GK_E_BAD_REQUEST);
    }
}

static void failure_leaves_the_results_untouched(void **state) {
    struct fixture *fixture = *state;
    struct definition before;

    memset(&fixture->definition, 0x5a, sizeof(fixture->definition));
    before = fixture->definition;
    assert_int_equal(put(fixture, "{\"value\":\"x\",\"ttl\":60,\"foo\":1}"), GK_E_BAD_REQUEST);
    assert_memory_equal(&fixture->definition, &before, sizeof(before));
}

static void long_member_names_are_cut_in_messages(void **state) {
    struct fixture *fixture = *state;
    char body[400];

    snprintf(body, sizeof(body), "{\"\\u001b%0300d\":1}", 0);
    assert_int_equal(put(fixture, body), GK_E_BAD_REQUEST);
    assert_non_null(strstr(fixture->problem.detail, "unknown member '?000"));
    assert_non_null(strstr(fixture->problem.detail, "000...'"));
    assert_true(strlen(fixture->problem.detail) < 200);
}

static void clock_bodies_are_read(void **state) {
    struct problem problem = PROBLEM_NULL;
    int64_t by = 0;
    instant now = 0;

    assert_int_equal(request_decode_advance(span_of("{\"by\":\"1h\"}"), &by, &problem), 0);
    assert_int_equal(by, 3600);
    assert_int_equal(
            request_decode_advance(span_of("{\"by\":9223372036854775807}"), &by, &problem), 0);
    assert_true(by == INT64_MAX);
    assert_int_equal(request_decode_set_clock(
                             span_of("{\"now\":\"2000-01-01T01:00:00+01:00\"}"), &now, &problem),
            0);
    assert_true(now == INSTANT_VIRTUAL_DEFAULT);
    assert_int_equal(request_decode_empty(SPAN_NULL, &problem), 0);
    assert_int_equal(request_decode_empty(span_of(" {} "), &problem), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
            TEST(put_holds_what_was_said),
            TEST(put_of_a_value_alone_leaves_the_rest_unsaid),
            TEST(put_decodes_base64),
            TEST(put_refuses_what_is_not_canonical_base64),
            TEST(put_keeps_lists_and_base64_apart),
            TEST(put_spans_stay_where_the_bytes_are),
            TEST(put_undoes_escapes_wherever_a_text_stands),
            TEST(members_past_the_eighth_are_read_too),
            TEST(numbers_are_whole_and_fit),
            TEST(put_value_has_a_limit_that_stands_first),
            TEST(patch_null_goes_back_to_the_default),
            TEST(patch_null_within_an_object_removes),
            TEST(patch_that_is_empty_says_nothing),
            TEST(repeated_member_is_named_however_it_is_written),
            TEST(body_cut_anywhere_is_refused),
            TEST(failure_leaves_the_results_untouched),
            TEST(long_member_names_are_cut_in_messages),
            TEST(clock_bodies_are_read),
    };

    return cmocka_run_group_tests_name("request_body", tests, NULL, NULL);
}

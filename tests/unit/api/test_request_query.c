/*
 * The name in a path, and the query.
 */
#include "api/ghostkey/request.h"
#include "support/test.h"

#define TEXT(literal) SPAN_LITERAL(literal)

static int decode_name(struct span text, char *copy, struct problem *problem) {
    char place[GK_NAME_MAX_BYTES];
    struct span name;
    int r = request_decode_name(text, place, &name, problem);

    if (r == 0) {
        memcpy(copy, name.data, name.len);
        copy[name.len] = '\0';
    }
    return r;
}

static void name_is_percent_decoded(void **state) {
    static const char *const rows[][2] = {
            {"db_pass", "db_pass"},
            {"app/db-pass", "app/db-pass"},
            {"app%2Fdb%2dpass", "app/db-pass"},
            {"a+b", "a+b"},
            {"%61%2B%40", "a+@"},
    };
    char name[GK_NAME_MAX_BYTES + 1];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = PROBLEM_NULL;

        assert_int_equal(decode_name(span_of(rows[i][0]), name, &problem), 0);
        assert_string_equal(name, rows[i][1]);
    }
}

static void name_that_is_none_is_refused_with_its_fault(void **state) {
    static const struct {
        struct span text;
        const char *sentence;
    } rows[] = {
            {{"", 0}, "is empty"},
            {{"/a", 2}, "empty segment"},
            {{"a//b", 4}, "empty segment"},
            {{"a/../b", 6}, "'.' or '..'"},
            {{"%2e%2E", 6}, "'.' or '..'"},
            {{"a b", 3}, "'a b' has a byte"},
            {{"a%00b", 5}, "'a?b' has a byte"},
            {{"gr\xc3\xb6\xc3\x9f", 6}, "'gr????"},
            {{"a%", 2}, "'%' that is not followed"},
            {{"a%4", 3}, "'%' that is not followed"},
            {{"a%zz", 4}, "'%' that is not followed"},
            {{"%1b%5b31m", 9}, "'?[31m'"},
    };
    char name[GK_NAME_MAX_BYTES + 1];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = PROBLEM_NULL;

        assert_int_equal(decode_name(rows[i].text, name, &problem), GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "the name '"));
        if (strstr(problem.detail, rows[i].sentence) == NULL) {
            fail_msg("row %zu: %s", i, problem.detail);
        }
    }
}

static void name_may_have_255_bytes_and_no_more(void **state) {
    char text[3 * 255 + 2];
    char name[GK_NAME_MAX_BYTES + 1];
    struct problem problem = PROBLEM_NULL;

    for (int i = 0; i < 256; i++) {
        memcpy(text + 3 * i, i < 255 ? "%61" : "a", i < 255 ? 3 : 1);
    }
    assert_int_equal(decode_name((struct span){text, 3 * 255}, name, &problem), 0);
    assert_int_equal(strlen(name), 255);
    assert_int_equal(
            decode_name((struct span){text, 3 * 255 + 1}, name, &problem), GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "longer than 255 bytes"));
}

static void query_that_is_empty_gives_defaults(void **state) {
    struct problem problem = PROBLEM_NULL;
    struct query query;

    assert_int_equal(request_decode_query(SPAN_NULL, 0, &query, &problem), 0);
    assert_int_equal(request_decode_query(TEXT(""), 0, &query, &problem), 0);
    assert_int_equal(query.version, 0);
    assert_int_equal(query.limit, 100);
    assert_int_equal(query.after_seq, 0);
    assert_int_equal(query.prefix.len, 0);
    assert_int_equal(query.after_name.len, 0);
    assert_false(query.values);
    assert_int_equal(query.expired, LISTED_INCLUDE);
}

#define QUERY_LIST (QUERY_PREFIX | QUERY_AFTER_NAME | QUERY_LIMIT | QUERY_VALUES | QUERY_EXPIRED)

static void query_parameters_are_read(void **state) {
    struct problem problem = PROBLEM_NULL;
    struct query query;

    assert_int_equal(request_decode_query(TEXT("prefix=app%2F&after=a+b&limit=1000&values=true"
                                               "&expired=only"),
                             QUERY_LIST, &query, &problem),
            0);
    assert_true(span_is(query.prefix, "app/"));
    assert_true(span_is(query.after_name, "a+b"));
    assert_ptr_equal(query.prefix.data, query.prefix_place);
    assert_ptr_equal(query.after_name.data, query.after_place);
    assert_int_equal(query.limit, 1000);
    assert_true(query.values);
    assert_int_equal(query.expired, LISTED_ONLY);
    assert_int_equal(request_decode_query(
                             TEXT("version=18446744073709551615"), QUERY_VERSION, &query, &problem),
            0);
    assert_true(query.version == UINT64_MAX);
    assert_int_equal(request_decode_query(TEXT("after=0"), QUERY_AFTER_SEQ, &query, &problem), 0);
    assert_int_equal(
            request_decode_query(TEXT("%70refix=&after="), QUERY_LIST, &query, &problem), 0);
    assert_int_equal(query.prefix.len, 0);
}

static void query_fault_names_the_parameter(void **state) {
    static const struct {
        const char *text;
        unsigned int allowed;
        const char *sentence;
    } rows[] = {
            {"foo=1", QUERY_LIST, "unknown parameter 'foo': this path takes prefix, after, limit"},
            {"foo=1", 0, "unknown parameter 'foo': this path takes none"},
            {"version=1", QUERY_LIST, "'version'"},
            {"f\x1b%c3%bc=1", 0, "'f???"},
            {"%zz=1", 0, "'%zz'"},
            {"=1", QUERY_LIST, "unknown parameter ''"},
            {"limit=1&limit=1", QUERY_LIST, "'limit' is given more than once"},
            {"after=a&%61fter=b", QUERY_LIST, "'after' is given more than once"},
            {"limit", QUERY_LIST, "'limit' has no value"},
            {"limit=", QUERY_LIST, "'limit' must be"},
            {"limit=0", QUERY_LIST, "'limit' must be a number from 1 to 1000"},
            {"limit=1001", QUERY_LIST, "'limit' must be"},
            {"limit=-1", QUERY_LIST, "'limit' must be"},
            {"limit=+1", QUERY_LIST, "'limit' must be"},
            {"limit=1%00", QUERY_LIST, "'limit' must be"},
            {"limit=%", QUERY_LIST, "'limit' has a '%'"},
            {"version=0", QUERY_VERSION, "'version' must be"},
            {"version=18446744073709551616", QUERY_VERSION, "'version' must be"},
            {"version=1.0", QUERY_VERSION, "'version' must be"},
            {"after=x", QUERY_AFTER_SEQ, "'after' must be an event's seq"},
            {"prefix=a%20b", QUERY_LIST, "'prefix' must be"},
            {"after=a%00", QUERY_LIST, "'after' must be a name"},
            {"values=1", QUERY_LIST, "'values' must be true or false"},
            {"values=TRUE", QUERY_LIST, "'values' must be"},
            {"expired=yes", QUERY_LIST, "'expired' must be include, exclude or only"},
            {"label=%ff", QUERY_LABEL, "'label' must be a label's name, or NAME=VALUE, in UTF-8"},
            {"label=team=%c3", QUERY_LABEL, "'label' must be"},
            {"&", QUERY_LIST, "empty parameter"},
            {"&limit=1", QUERY_LIST, "empty parameter"},
            {"limit=1&", QUERY_LIST, "empty parameter"},
            {"limit=1&&values=true", QUERY_LIST, "empty parameter"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = PROBLEM_NULL;
        struct query query;

        assert_int_equal(
                request_decode_query(span_of(rows[i].text), rows[i].allowed, &query, &problem),
                GK_E_BAD_REQUEST);
        if (strstr(problem.detail, rows[i].sentence) == NULL) {
            fail_msg("row %zu: %s", i, problem.detail);
        }
    }
}

static void query_value_may_have_255_bytes_and_no_more(void **state) {
    char text[sizeof("prefix=") + 256];
    struct problem problem = PROBLEM_NULL;
    struct query query;

    memset(text, 'a', sizeof(text));
    memcpy(text, "prefix=", 7);
    assert_int_equal(
            request_decode_query((struct span){text, 7 + 255}, QUERY_PREFIX, &query, &problem), 0);
    assert_int_equal(query.prefix.len, 255);
    assert_int_equal(
            request_decode_query((struct span){text, 7 + 256}, QUERY_PREFIX, &query, &problem),
            GK_E_BAD_REQUEST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(name_is_percent_decoded),
            cmocka_unit_test(name_that_is_none_is_refused_with_its_fault),
            cmocka_unit_test(name_may_have_255_bytes_and_no_more),
            cmocka_unit_test(query_that_is_empty_gives_defaults),
            cmocka_unit_test(query_parameters_are_read),
            cmocka_unit_test(query_fault_names_the_parameter),
            cmocka_unit_test(query_value_may_have_255_bytes_and_no_more),
    };

    return cmocka_run_group_tests_name("request_query", tests, NULL, NULL);
}

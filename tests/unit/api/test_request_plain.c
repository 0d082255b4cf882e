/*
 * The short way to a body's tree: the same tree as the JSON library's, or none.
 */
#include "support/test.h"

#include "api/ghostkey/request_plain.h"
#include <stdlib.h>
#include <string.h>

static void as_the_library_reads_it(void **state) {
    static const char *const rows[] = {
            "{}",
            " { } \n",
            "{\"value\":\"s3cr3t\",\"rotation\":{\"length\":32,\"on_expiry\":true},\"env\":\"A\"}",
            "\t{ \"env\" : false ,\r\n \"ttl\" : null , \"labels\" : { \"a\" : { } } }\n",
            "{\"ttl\":0}",
            "{\"ttl\":999999999999999999}",
            "{\"\":\"\"}",
            "{\"value\":\" !#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~\"}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_auto_t *plain = request_plain_load(span_of(rows[i]));
        json_auto_t *root = json_loads(rows[i], 0, NULL);
        char *ours = json_dumps(plain, JSON_COMPACT);
        char *theirs = json_dumps(root, JSON_COMPACT);

        assert_non_null(plain);
        assert_string_equal(ours, theirs);
        free(ours);
        free(theirs);
    }
}

static void what_is_not_plain_is_left_to_the_library(void **state) {
    static const char *const rows[] = {
            "",
            "[]",
            "\"a\"",
            "1",
            "{",
            "{} {}",
            "{}}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,\"a\":1}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":01}",
            "{\"a\":-1}",
            "{\"a\":1.5}",
            "{\"a\":1e3}",
            "{\"a\":1000000000000000000}",
            "{\"a\":tru}",
            "{\"a\":truely}",
            "{\"a\":[1]}",
            "{\"a\":\"\\n\"}",
            "{\"a\\u0062\":1}",
            "{\"a\":\"\x1f\"}",
            "{\"a\":\"\x7f\"}",
            "{\"a\":\"gr\xc3\xbcn\"}",
            "{\"a\":\"open",
            "{\"a\":{\"b\":{\"c\":{}}}}",
            "{\"a2345678901234567890123456789012345678901234567890123456789012345\":1}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_auto_t *plain = request_plain_load(span_of(rows[i]));

        if (plain != NULL) {
            fail_msg("'%s' was read", rows[i]);
        }
    }
    assert_null(request_plain_load(SPAN_LITERAL("{}\0")));
    assert_null(request_plain_load(SPAN_LITERAL("{\"a\":\"\0\"}")));
}

static void a_body_that_is_cut_anywhere_is_none(void **state) {
    static const char body[] = "{\"a\":{\"b\":true},\"c\":12,\"d\":\"e\"}";

    for (size_t len = 0; len < sizeof(body) - 1; len++) {
        char *copy = malloc(len > 0 ? len : 1); /* nothing behind it: sanitizers look */

        assert_non_null(copy);
        memcpy(copy, body, len);
        assert_null(request_plain_load((struct span){copy, len}));
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(as_the_library_reads_it),
            cmocka_unit_test(what_is_not_plain_is_left_to_the_library),
            cmocka_unit_test(a_body_that_is_cut_anywhere_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

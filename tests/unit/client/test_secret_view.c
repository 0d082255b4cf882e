#include <string.h>

#include <ghostkey/error.h>

#include "support/test.h"
#include "wire/secret_view.h"

#define METADATA(env) \
    "\"metadata\":{\"version\":2,\"revision\":3,\"mode\":\"ttl\",\"ttl\":900," \
    "\"expires_at\":\"2000-01-01T00:15:00.000Z\",\"rotation\":{\"strategy\":\"hex\"},\"env\":" env \
    "}"

static void a_document_is_read_whole(void **state) {
    json_auto_t *document = json_loads(
            "{\"name\":\"a\",\"value\":\"x\",\"expired\":true," METADATA("\"A\"") "}", 0, NULL);
    struct secret_view view;

    assert_int_equal(secret_view_read(document, &view), GK_EXIT_DONE);
    assert_string_equal(view.name, "a");
    assert_string_equal(view.text, "x");
    assert_int_equal(view.text_len, 1);
    assert_false(view.is_binary);
    assert_true(view.is_expired);
    assert_int_equal(view.version, 2);
    assert_string_equal(view.expires_at, "2000-01-01T00:15:00.000Z");
    assert_string_equal(view.strategy, "hex");
    assert_string_equal(view.env, "A");
}

static void a_binary_value_and_a_missing_environment_name_are_read(void **state) {
    json_auto_t *document = json_loads(
            "{\"name\":\"a\",\"value_base64\":\"AA==\",\"expired\":false," METADATA("false") "}", 0,
            NULL);
    struct secret_view view;

    assert_int_equal(secret_view_read(document, &view), GK_EXIT_DONE);
    assert_true(view.is_binary);
    assert_string_equal(view.text, "AA==");
    assert_null(view.env);
}

static void other_documents_are_refused(void **state) {
    static const char *const bad[] = {
            "{}",
            "[]",
            "{\"name\":1,\"expired\":false," METADATA("\"A\"") "}",
            "{\"name\":\"a\",\"expired\":0," METADATA("\"A\"") "}",
            "{\"name\":\"a\",\"expired\":false}",
            "{\"name\":\"a\",\"expired\":false," METADATA("true") "}",
            "{\"name\":\"a\",\"expired\":false," METADATA("\"A B\"") "}",
            "{\"name\":\"a\",\"expired\":false," METADATA("\"A\\nB\"") "}",
    };
    struct secret_view view;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_auto_t *document = json_loads(bad[i], 0, NULL);

        assert_non_null(document);
        assert_int_equal(secret_view_read(document, &view), GK_EXIT_FAILED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_document_is_read_whole),
            cmocka_unit_test(a_binary_value_and_a_missing_environment_name_are_read),
            cmocka_unit_test(other_documents_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

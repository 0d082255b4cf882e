#include "model/mount.h"
#include "support/test.h"

static void a_name_that_nobody_else_has_can_be_mounted(void **state) {
    static const char *const paths[] = {"secret", "kv", "team/kv", "system", "authority", "a/sys"};

    for (size_t at = 0; at < sizeof(paths) / sizeof(paths[0]); at++) {
        assert_null(mount_fault(span_of(paths[at])));
    }
}

static void what_another_api_or_vault_itself_has_cannot(void **state) {
    static const char *const paths[] = {"secrets", "rotate", "openapi.json", "clock/x", "faults",
            "apply", "page-code", "sys", "auth", "sys/x", "", "/", "/a", "a/", "a//b", "a b", "..",
            "ü"};
    char text[MOUNT_MAX_BYTES + 1];

    for (size_t at = 0; at < sizeof(paths) / sizeof(paths[0]); at++) {
        assert_non_null(mount_fault(span_of(paths[at])));
    }
    memset(text, 'a', sizeof(text));
    assert_null(mount_fault((struct span){text, MOUNT_MAX_BYTES}));
    assert_non_null(mount_fault((struct span){text, MOUNT_MAX_BYTES + 1}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_name_that_nobody_else_has_can_be_mounted),
            cmocka_unit_test(what_another_api_or_vault_itself_has_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

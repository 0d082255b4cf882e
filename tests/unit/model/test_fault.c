#include "model/fault.h"
#include "support/test.h"

static void a_class_is_a_word_for_many_operations(void **state) {
    static const char *const classes[] = {"read", "write", "rotate", "delete", "list", "login"};
    static const char *const others[] = {"", "rea", "reads", "GetSecretValue", "kv-read"};

    for (size_t at = 0; at < sizeof(classes) / sizeof(classes[0]); at++) {
        assert_true(fault_is_class(classes[at]));
    }
    for (size_t at = 0; at < sizeof(others) / sizeof(others[0]); at++) {
        assert_false(fault_is_class(others[at]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_class_is_a_word_for_many_operations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

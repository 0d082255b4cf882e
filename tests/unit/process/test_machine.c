#include <string.h>

#include "process/machine.h"
#include "support/test.h"

static void a_64_bit_little_endian_machine_will_do(void **state) {
    assert_null(machine_fault(8, true));
}

static void others_are_named(void **state) {
    assert_string_equal(machine_fault(4, true), "32-bit");
    assert_string_equal(machine_fault(8, false), "big-endian");
    assert_string_equal(machine_fault(4, false), "32-bit and big-endian");
}

static void this_machine_is_judged(void **state) {
    const union {
        unsigned int number;
        unsigned char first;
    } one = {1};
    struct problem problem = PROBLEM_NULL;
    bool will_do = sizeof(void *) == 8 && one.first == 1;

    assert_int_equal(machine_check(&problem), will_do ? 0 : GK_E_INTERNAL);
    assert_int_equal(strstr(problem.detail, "64-bit, little-endian") != NULL, !will_do);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_64_bit_little_endian_machine_will_do),
            cmocka_unit_test(others_are_named),
            cmocka_unit_test(this_machine_is_judged),
    };

    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}

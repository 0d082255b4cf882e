/* What both programs use, with the n-th allocation failing. */
#include <errno.h>
#include <stdlib.h>

#include "allocation.h"
#include "common/base64.h"
#include "common/option.h"
#include "support/test.h"

static void base64_without_memory_appends_nothing(void **state) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

    allocation_fail_at(1);
    assert_int_equal(base64_decode(SPAN_LITERAL("Zm9v"), &bytes), -ENOMEM);
    assert_true(allocation_stop());
    assert_int_equal(bytes.len, 0);
}

/* Each allocation fails once: what was read before it is in the list, and freed with it. */
static void a_command_line_without_memory_is_an_error(void **state) {
    static const struct option_spec specs[] = {
            {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "x"},
            {"json", 'j', OPTION_TAKES_NOTHING, NULL, "x"},
            {NULL},
    };
    char words[][8] = {"--ttl", "1h", "name", "-j", "other"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4]};
    size_t live = allocation_live();
    size_t n = 1;

    for (bool failed = true; failed; n++) {
        OPTION_LIST_AUTO struct option_list list = {.tables = {specs}};
        int error;

        allocation_fail_at(n);
        error = option_list_read(&list, 5, argv);
        failed = allocation_stop();
        assert_int_equal(error, failed ? -ENOMEM : 0);
        assert_int_equal(list.given_count + list.argument_count, failed ? n - 1 : 4);
        option_list_deinit(&list);
        assert_int_equal(allocation_live(), live);
    }
    assert_int_equal(n, 6); /* four words were kept, each by an allocation */
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(base64_without_memory_appends_nothing),
            cmocka_unit_test(a_command_line_without_memory_is_an_error),
    };

    return cmocka_run_group_tests_name("allocation_common", tests, NULL, NULL);
}

#include <string.h>

#include "common/fault_words.h"
#include "ghostkey/protocol.h"
#include "support/test.h"

/* Each byte on its own, and the bytes beside those that are accepted. */
static void an_id_has_letters_digits_and_three_signs(void **state) {
    for (int byte = 0; byte < 256; byte++) {
        const char text[] = {'x', (char)byte};
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_other = byte != 0 && strchr("0123456789._-", byte) != NULL;

        assert_int_equal(
                fault_id_is_valid((struct span){text, sizeof(text)}), is_letter || is_other);
    }
}

static void an_id_is_no_folder_and_has_an_end(void **state) {
    char text[GK_FAULT_ID_MAX_BYTES + 1];

    memset(text, 'x', sizeof(text));
    assert_true(fault_id_is_valid((struct span){text, sizeof(text) - 1}));
    assert_false(fault_id_is_valid((struct span){text, sizeof(text)}));
    assert_false(fault_id_is_valid(SPAN_NULL));
    assert_false(fault_id_is_valid(SPAN_LITERAL(".")));
    assert_false(fault_id_is_valid(SPAN_LITERAL("..")));
    assert_true(fault_id_is_valid(SPAN_LITERAL("...")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_id_has_letters_digits_and_three_signs),
            cmocka_unit_test(an_id_is_no_folder_and_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "buffer.h"

#include <string.h>

#include "support/test.h"

static void an_empty_buffer_holds_nothing(void **state) {
    AUTO_BUFFER buffer = {0};

    buffer_append(&buffer, "", 0);
    assert_int_equal(buffer.length, 0);
    assert_string_equal(buffer.data, "");
}

static void what_is_appended_stays_in_order(void **state) {
    AUTO_BUFFER buffer = {0};

    buffer_append_text(&buffer, "one ");
    buffer_append_byte(&buffer, '2');
    buffer_printf(&buffer, " %s %d", "three", 4);
    buffer_append(&buffer, "\0x", 2);
    assert_int_equal(buffer.length, 15);
    assert_memory_equal(buffer.data, "one 2 three 4\0x", 16);
}

static void it_grows_past_any_first_size(void **state) {
    AUTO_BUFFER buffer = {0};

    for (int i = 0; i < 100000; i++) {
        buffer_append_byte(&buffer, (char)('a' + i % 26));
    }
    assert_int_equal(buffer.length, 100000);
    for (size_t i = 0; i < buffer.length; i++) {
        assert_int_equal(buffer.data[i], 'a' + (int)(i % 26));
    }
    assert_int_equal(buffer.data[buffer.length], '\0');
}

static void a_long_printf_fits(void **state) {
    AUTO_BUFFER buffer = {0};
    char text[5000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    buffer_printf(&buffer, "%s.", text);
    assert_int_equal(buffer.length, sizeof(text));
    assert_int_equal(buffer.data[buffer.length - 1], '.');
}

static void clearing_wipes_and_keeps_the_room(void **state) {
    static const char zeros[6];
    AUTO_BUFFER buffer = {0};
    char *data;

    buffer_append_text(&buffer, "secret");
    data = buffer.data;
    buffer_clear(&buffer);
    assert_int_equal(buffer.length, 0);
    assert_ptr_equal(buffer.data, data);
    assert_memory_equal(data, zeros, sizeof(zeros));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_empty_buffer_holds_nothing),
            cmocka_unit_test(what_is_appended_stays_in_order),
            cmocka_unit_test(it_grows_past_any_first_size),
            cmocka_unit_test(a_long_printf_fits),
            cmocka_unit_test(clearing_wipes_and_keeps_the_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <setjmp.h>

#include "common/buffer.h"
#include "support/test.h"

static void appends_join(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    buffer_append(&buffer, "a\0b", 3);
    buffer_append_byte(&buffer, 'c');
    buffer_append_text(&buffer, "de");
    buffer_append_span(&buffer, SPAN_LITERAL("fg"));
    buffer_append_span(&buffer, SPAN_NULL);
    assert_int_equal(buffer_finish(&buffer), 0);
    assert_int_equal(buffer.len, 8);
    assert_memory_equal(buffer.data, "a\0bcdefg", 8);
}

static void decimals_are_written_whole(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    buffer_append_decimal(&buffer, 0);
    buffer_append_byte(&buffer, ' ');
    buffer_append_decimal(&buffer, 1000);
    buffer_append_byte(&buffer, ' ');
    buffer_append_decimal(&buffer, UINT64_MAX);
    assert_true(span_is(buffer_span(&buffer), "0 1000 18446744073709551615"));
}

static void what_was_appended_survives_growth(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    for (unsigned i = 0; i < 100000; i++) {
        buffer_append_byte(&buffer, (char)(i % 251));
    }
    assert_int_equal(buffer.len, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        assert_int_equal((unsigned char)buffer.data[i], i % 251);
    }
}

static void reserved_room_counts_once_it_is_committed(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
    char *place = buffer_reserve(&buffer, 5000);

    assert_non_null(place);
    assert_int_equal(buffer.len, 0);
    memset(place, 'x', 5000);
    buffer_commit(&buffer, 4999);
    assert_int_equal(buffer.len, 4999);
    assert_int_equal(buffer.data[4998], 'x');
}

static void what_is_printed_joins_what_is_there(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
    char text[5000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    buffer_append_text(&buffer, "one");
    buffer_printf(&buffer, " %s %d", "two", 3);
    buffer_printf(&buffer, "%s", "");
    assert_true(span_is(buffer_span(&buffer), "one two 3"));
    buffer_printf(&buffer, "%s.", text);
    assert_int_equal(buffer.len, 9 + sizeof(text));
    assert_int_equal(buffer.data[buffer.len - 1], '.');
}

/* Every length, so that one of them fills the memory exactly. */
static void a_string_ends_with_a_nul_that_does_not_count(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    assert_string_equal(buffer_string(&buffer), "");
    for (size_t len = 1; len <= 3000; len++) {
        buffer_append_byte(&buffer, 'x');
        assert_int_equal(strlen(buffer_string(&buffer)), len);
        assert_true(buffer.capacity > buffer.len);
    }
    for (size_t len = 4000; len <= 4096; len++) {
        BUFFER_AUTO struct buffer whole = BUFFER_NULL;

        memset(buffer_reserve(&whole, len), 'x', len);
        buffer_commit(&whole, len);
        assert_true(whole.capacity > len);
        assert_int_equal(strlen(buffer_string(&whole)), len);
    }
}

static void clearing_wipes_and_keeps_the_memory(void **state) {
    static const char zeros[6];
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
    char *data;

    buffer_append_text(&buffer, "secret");
    data = buffer.data;
    buffer_clear(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_ptr_equal(buffer.data, data);
    assert_memory_equal(data, zeros, sizeof(zeros));
}

static jmp_buf ended;

static void end(void) {
    longjmp(ended, 1);
}

static void no_memory_ends_a_program_that_asks_for_it(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    buffer_out_of_memory = end;
    if (setjmp(ended) == 0) {
        (void)buffer_reserve(&buffer, SIZE_MAX);
        fail();
    }
    buffer_out_of_memory = NULL;
    assert_int_equal(buffer_finish(&buffer), 0);
}

static void no_memory_breaks_the_buffer_for_good(void **state) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    buffer_append_text(&buffer, "kept");
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    assert_int_equal(buffer_finish(&buffer), -ENOMEM);
    assert_null(buffer_reserve(&buffer, 1));
    buffer_append_text(&buffer, "late");
    buffer_append_byte(&buffer, 'r');
    assert_int_equal(buffer.len, 4);
    buffer_deinit(&buffer);
    assert_int_equal(buffer_finish(&buffer), 0);
    buffer_append_text(&buffer, "anew");
    assert_true(span_is(buffer_span(&buffer), "anew"));
}

static void spans_compare_as_bytes(void **state) {
    assert_true(span_compare(SPAN_LITERAL("a"), SPAN_LITERAL("b")) < 0);
    assert_true(span_compare(SPAN_LITERAL("a"), SPAN_LITERAL("\x80")) < 0);
    assert_true(span_compare(SPAN_LITERAL("ab"), SPAN_LITERAL("a")) > 0);
    assert_true(span_compare(SPAN_NULL, SPAN_LITERAL("a")) < 0);
    assert_int_equal(span_compare(SPAN_NULL, SPAN_LITERAL("")), 0);
    assert_true(span_equals(SPAN_NULL, SPAN_LITERAL("")));
    assert_false(span_equals(SPAN_LITERAL("a"), SPAN_LITERAL("ab")));
    assert_true(span_starts_with(SPAN_LITERAL("app/db"), SPAN_LITERAL("app/")));
    assert_true(span_starts_with(SPAN_LITERAL("a"), SPAN_NULL));
    assert_false(span_starts_with(SPAN_LITERAL("app"), SPAN_LITERAL("app/")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(appends_join),
            cmocka_unit_test(decimals_are_written_whole),
            cmocka_unit_test(what_was_appended_survives_growth),
            cmocka_unit_test(reserved_room_counts_once_it_is_committed),
            cmocka_unit_test(what_is_printed_joins_what_is_there),
            cmocka_unit_test(a_string_ends_with_a_nul_that_does_not_count),
            cmocka_unit_test(clearing_wipes_and_keeps_the_memory),
            cmocka_unit_test(no_memory_ends_a_program_that_asks_for_it),
            cmocka_unit_test(no_memory_breaks_the_buffer_for_good),
            cmocka_unit_test(spans_compare_as_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

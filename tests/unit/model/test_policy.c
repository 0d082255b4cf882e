#include "common/buffer.h"
#include "model/policy.h"
#include "support/test.h"

static void pack(struct buffer *buffer, struct span text) {
    char length[4];

    list_put_length(length, (uint32_t)text.len);
    buffer_append(buffer, length, sizeof(length));
    buffer_append_span(buffer, text);
}

static void a_list_is_walked_in_order(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    struct span rest;
    struct span text;

    pack(&packed, SPAN_LITERAL("one"));
    pack(&packed, SPAN_LITERAL(""));
    pack(&packed, SPAN_LITERAL("th\0ree"));
    rest = buffer_span(&packed);
    assert_true(list_next(&rest, &text) && span_is(text, "one"));
    assert_true(list_next(&rest, &text) && text.len == 0);
    assert_true(list_next(&rest, &text) && span_equals(text, SPAN_LITERAL("th\0ree")));
    assert_false(list_next(&rest, &text));
    assert_int_equal(rest.len, 0);
}

static void a_text_is_found_by_its_number(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    struct parameter list = {.type = PARAMETER_LIST, .count = 3};

    pack(&packed, SPAN_LITERAL("a"));
    pack(&packed, SPAN_LITERAL("b"));
    pack(&packed, SPAN_LITERAL("c"));
    list.text = buffer_span(&packed);
    assert_true(span_is(list_at(&list, 0), "a"));
    assert_true(span_is(list_at(&list, 1), "b"));
    assert_true(span_is(list_at(&list, 2), "c"));
}

static void lengths_are_little_endian(void **state) {
    char length[4];

    list_put_length(length, 0x81020304u);
    assert_memory_equal(length, "\x04\x03\x02\x81", 4);
}

static void long_texts_keep_their_length(void **state) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    struct span rest;
    struct span found;

    assert_non_null(buffer_reserve(&text, 0x018283));
    memset(text.data, 'x', 0x018283);
    buffer_commit(&text, 0x018283);
    pack(&packed, buffer_span(&text));
    rest = buffer_span(&packed);
    assert_true(list_next(&rest, &found));
    assert_true(span_equals(found, buffer_span(&text)));
}

static void a_cut_list_ends_the_walk(void **state) {
    struct span text = SPAN_LITERAL("untouched");
    struct span cut = SPAN_LITERAL("\003\0\0\0ab");

    assert_false(list_next(&cut, &text));
    cut = SPAN_LITERAL("\003\0\0");
    assert_false(list_next(&cut, &text));
    cut = SPAN_LITERAL("\377\377\377\377ab");
    assert_false(list_next(&cut, &text));
    assert_true(span_is(text, "untouched"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_list_is_walked_in_order),
            cmocka_unit_test(a_text_is_found_by_its_number),
            cmocka_unit_test(lengths_are_little_endian),
            cmocka_unit_test(long_texts_keep_their_length),
            cmocka_unit_test(a_cut_list_ends_the_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>

#include "common/utf8.h"
#include "support/test.h"

/* How RFC 3629 writes a code point; 0: it does not. */
static size_t encode(uint32_t point, char place[4]) {
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    for (size_t i = len; i-- > 1; point >>= 6) {
        place[i] = (char)(0x80 | (point & 0x3f));
    }
    place[0] = (char)(first[len] | point);
    return len;
}

static void every_character_is_measured(void **state) {
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char text[5] = "";
        size_t len = encode(point, text);

        assert_int_equal(len == 0 ? 0 : utf8_character(text, len), len);
        if (len > 0) {
            assert_int_equal(utf8_character(text, 5), len);
            assert_int_equal(utf8_character(text, len - 1), 0);
        }
    }
}

static void nothing_else_is_a_character(void **state) {
    size_t valid = 0;

    /* all pairs of first bytes, with the tail that gives each its best chance */
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char text[4] = {(char)first, (char)second, (char)0x80, (char)0x80};

            valid += utf8_character(text, 4) != 0;
        }
    }
    /* ASCII, then 2 bytes: 30 starts, 3 bytes: 16 less the halves of e0 and ed, 4 bytes: 5 */
    assert_int_equal(valid, 128 * 256 + 30 * 64 + 14 * 64 + 32 + 32 + 3 * 64 + 48 + 16);
}

static void a_bad_tail_is_no_character(void **state) {
    static const char *const texts[] = {"\x80", "\xc3(", "\xe2\x82(", "\xf0\x9f\x97(",
            "\xf0\x9f(\x9d", "\xe2\xff\x82", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80",
            "\xf8\x88\x80\x80\x80", "\xfe", "\xff"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(utf8_character(texts[i], strlen(texts[i])), 0);
    }
    assert_int_equal(utf8_character("", 0), 0);
}

static void text_is_valid_if_all_its_characters_are(void **state) {
    assert_true(utf8_is_valid(SPAN_NULL));
    assert_true(utf8_is_valid(SPAN_LITERAL("a\0\xc3\xa4\xf0\x9f\x97\x9d.")));
    assert_false(utf8_is_valid(SPAN_LITERAL("abc\xff")));
    assert_false(utf8_is_valid(SPAN_LITERAL("abc\xc3")));
    assert_false(utf8_is_valid(SPAN_LITERAL("\xc3"
                                            "abc")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_character_is_measured),
            cmocka_unit_test(nothing_else_is_a_character),
            cmocka_unit_test(a_bad_tail_is_no_character),
            cmocka_unit_test(text_is_valid_if_all_its_characters_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

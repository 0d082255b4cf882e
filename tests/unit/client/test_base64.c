#include "base64.h"

#include <errno.h>
#include <string.h>

#include "support/test.h"

/* RFC 4648, section 10, and the two digits that are neither letter nor number. */
static const struct {
    const char *bytes;
    size_t length;
    const char *text;
} vectors[] = {
        {"", 0, ""},
        {"f", 1, "Zg=="},
        {"fo", 2, "Zm8="},
        {"foo", 3, "Zm9v"},
        {"foob", 4, "Zm9vYg=="},
        {"fooba", 5, "Zm9vYmE="},
        {"foobar", 6, "Zm9vYmFy"},
        {"\xfb\xff\xbf", 3, "+/+/"},
        {"\0\0", 2, "AAA="},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void known_bytes_have_their_known_text(void **state) {
    for (size_t i = 0; i < VECTORS; i++) {
        AUTO_BUFFER text = {0};

        base64_encode(vectors[i].bytes, vectors[i].length, &text);
        assert_int_equal(text.length, strlen(vectors[i].text));
        assert_memory_equal(text.data, vectors[i].text, text.length + 1);
    }
}

static void known_texts_give_their_bytes(void **state) {
    for (size_t i = 0; i < VECTORS; i++) {
        AUTO_BUFFER bytes = {0};

        assert_int_equal(base64_decode(vectors[i].text, strlen(vectors[i].text), &bytes), 0);
        assert_int_equal(bytes.length, vectors[i].length);
        if (bytes.length > 0) {
            assert_memory_equal(bytes.data, vectors[i].bytes, bytes.length);
        }
    }
}

static void every_byte_survives(void **state) {
    char bytes[256];
    AUTO_BUFFER text = {0};
    AUTO_BUFFER back = {0};

    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    base64_encode(bytes, sizeof(bytes), &text);
    assert_int_equal(base64_decode(text.data, text.length, &back), 0);
    assert_int_equal(back.length, sizeof(bytes));
    assert_memory_equal(back.data, bytes, sizeof(bytes));
}

static void what_is_no_base64_appends_nothing(void **state) {
    static const char *const bad[] = {"Z", "Zg",
            "Zg=", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=", "Zm9v!!!!", "-_-_", " Zm9v"};
    AUTO_BUFFER bytes = {0};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(base64_decode(bad[i], strlen(bad[i]), &bytes), -EINVAL);
        assert_int_equal(bytes.length, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(known_bytes_have_their_known_text),
            cmocka_unit_test(known_texts_give_their_bytes),
            cmocka_unit_test(every_byte_survives),
            cmocka_unit_test(what_is_no_base64_appends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

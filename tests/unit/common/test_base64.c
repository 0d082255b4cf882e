#include <errno.h>
#include <string.h>

#include "common/base64.h"
#include "support/test.h"

/* RFC 4648, section 10, and the two digits that are neither letter nor number. */
static const struct {
    const char *bytes;
    size_t len;
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
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        base64_encode((struct span){vectors[i].bytes, vectors[i].len}, &text);
        assert_int_equal(text.len, strlen(vectors[i].text));
        assert_memory_equal(buffer_string(&text), vectors[i].text, text.len + 1);
    }
}

static void known_texts_give_their_bytes(void **state) {
    for (size_t i = 0; i < VECTORS; i++) {
        BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

        assert_int_equal(base64_decode(span_of(vectors[i].text), &bytes), 0);
        assert_int_equal(bytes.len, vectors[i].len);
        assert_int_equal(base64_decoded_bytes(span_of(vectors[i].text)), bytes.len);
        if (bytes.len > 0) {
            assert_memory_equal(buffer_string(&bytes), vectors[i].bytes, bytes.len);
        }
    }
}

static void every_byte_survives(void **state) {
    char bytes[256];
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    BUFFER_AUTO struct buffer back = BUFFER_NULL;

    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    base64_encode((struct span){bytes, sizeof(bytes)}, &text);
    assert_int_equal(base64_decode(buffer_span(&text), &back), 0);
    assert_int_equal(back.len, sizeof(bytes));
    assert_memory_equal(buffer_string(&back), bytes, sizeof(bytes));
}

static void what_is_no_base64_appends_nothing(void **state) {
    static const char *const bad[] = {"Z", "Zg",
            "Zg=", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=", "Zm9v!!!!", "-_-_", " Zm9v", "=",
            "Z=9v", "Zm9{"};
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(base64_decode(span_of(bad[i]), &bytes), -EINVAL);
        assert_int_equal(bytes.len, 0);
    }
    assert_int_equal(base64_decode(SPAN_LITERAL("Zm\0v"), &bytes), -EINVAL);
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

#include <errno.h>

#include "store/seal.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static const unsigned char key[SEAL_KEY_BYTES] = {1, 2, 3};
static const unsigned char other_key[SEAL_KEY_BYTES] = {1, 2, 4};
static const struct span context = {"context", 7};

#define OVERHEAD_BYTES 32 /* salt and tag: seal.h */

static int setup(void **state) {
    struct seal *seal = NULL;

    assert_int_equal(seal_new(key, &seal), 0);
    *state = seal;
    return 0;
}

static int teardown(void **state) {
    return seal_free(*state) == NULL ? 0 : -1;
}

static void close_text(struct seal *seal, const char *text, struct buffer *sealed) {
    buffer_clear(sealed);
    assert_int_equal(seal_encrypt(seal, context, span_of(text), sealed), 0);
}

static void what_was_sealed_opens(void **state) {
    BUFFER_AUTO struct buffer sealed = BUFFER_NULL;
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;
    const char *texts[] = {"", "x", "sixteen bytes...", "a longer one, not of whole blocks"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        close_text(*state, texts[i], &sealed);
        assert_int_equal(sealed.len, strlen(texts[i]) + OVERHEAD_BYTES);
        buffer_clear(&plain);
        buffer_append_text(&plain, "before ");
        assert_int_equal(seal_decrypt(*state, context, buffer_span(&sealed), &plain), 0);
        assert_true(span_starts_with(buffer_span(&plain), span_of("before ")));
        assert_true(span_is((struct span){plain.data + 7, plain.len - 7}, texts[i])); /* appended */
    }
}

static void the_same_text_is_never_sealed_the_same(void **state) {
    BUFFER_AUTO struct buffer first = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    static const char text[] = "a text of more than thirty-two bytes";

    close_text(*state, text, &first);
    close_text(*state, text, &second);
    assert_int_equal(first.len, second.len);
    assert_memory_not_equal(first.data, second.data, 16);           /* the salt */
    assert_memory_not_equal(first.data + 16, second.data + 16, 16); /* so the key, so all else */
    assert_null(memmem(first.data, first.len, "thirty", 6));
}

static void another_key_or_context_does_not_open_it(void **state) {
    BUFFER_AUTO struct buffer sealed = BUFFER_NULL;
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;
    struct seal *other = NULL;

    close_text(*state, "text", &sealed);
    assert_int_equal(seal_new(other_key, &other), 0);
    assert_int_equal(seal_decrypt(other, context, buffer_span(&sealed), &plain), -EBADMSG);
    assert_int_equal(
            seal_decrypt(*state, span_of("contexu"), buffer_span(&sealed), &plain), -EBADMSG);
    assert_int_equal(seal_decrypt(*state, SPAN_NULL, buffer_span(&sealed), &plain), -EBADMSG);
    assert_int_equal(plain.len, 0);
    seal_free(other);
}

static void no_changed_or_cut_byte_opens(void **state) {
    BUFFER_AUTO struct buffer sealed = BUFFER_NULL;
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;

    close_text(*state, "text", &sealed);
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(seal_decrypt(*state, context, buffer_span(&sealed), &plain), -EBADMSG);
        sealed.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < sealed.len; len++) {
        struct span cut = {sealed.data, len};

        assert_int_equal(seal_decrypt(*state, context, cut, &plain), -EBADMSG);
    }
    assert_int_equal(plain.len, 0);
    assert_int_equal(seal_decrypt(*state, context, buffer_span(&sealed), &plain), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(what_was_sealed_opens, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    the_same_text_is_never_sealed_the_same, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    another_key_or_context_does_not_open_it, setup, teardown),
            cmocka_unit_test_setup_teardown(no_changed_or_cut_byte_opens, setup, teardown),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}

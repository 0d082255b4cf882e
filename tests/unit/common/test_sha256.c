/* SHA-256 and HMAC, by the examples of FIPS 180-4 and RFC 4231. */
#include <stdio.h>

#include "common/sha256.h"
#include "support/test.h"

static void assert_hex(const unsigned char *digest, const char *wanted) {
    char shown[2 * SHA256_BYTES + 1];

    for (size_t at = 0; at < SHA256_BYTES; at++) {
        (void)snprintf(shown + 2 * at, 3, "%02x", digest[at]);
    }
    assert_string_equal(shown, wanted);
}

static void assert_digest(struct span text, const char *wanted) {
    unsigned char digest[SHA256_BYTES];

    sha256(text, digest);
    assert_hex(digest, wanted);
}

static void texts_have_their_digests(void **state) {
    char million[1000000];

    assert_digest(span_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(
            span_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(span_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof(million));
    assert_digest((struct span){million, sizeof(million)},
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Around the length at which the padding needs a block more: the digest of all these digests. */
static void each_length_is_padded(void **state) {
    char text[130];
    char digests[sizeof(text) * SHA256_BYTES];

    memset(text, 'x', sizeof(text));
    for (size_t len = 0; len < sizeof(text); len++) {
        sha256((struct span){text, len}, (unsigned char *)digests + len * SHA256_BYTES);
    }
    assert_digest((struct span){digests, sizeof(digests)},
            "6d0989028287a2bd990515b95658bb810cf688b69517dfc49e4b3778e0b6d923");
}

static void assert_hmac(struct span key, struct span text, const char *wanted) {
    unsigned char digest[SHA256_BYTES];

    sha256_hmac(key, text, digest);
    assert_hex(digest, wanted);
}

static void keys_have_their_digests(void **state) {
    char key[131];

    assert_hmac(span_of("Jefe"), span_of("what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    assert_hmac((struct span){key, sizeof(key)},
            span_of("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_hmac(SPAN_NULL, SPAN_NULL,
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(texts_have_their_digests),
            cmocka_unit_test(each_length_is_padded),
            cmocka_unit_test(keys_have_their_digests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

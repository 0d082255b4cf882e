#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "broker/keystream.h"
#include "support/test.h"

#define BLOCK_BYTES 8160

static const char seed_bytes[] = "a seed\0with any\xff\x80 bytes";
#define SEED ((struct span){seed_bytes, sizeof(seed_bytes) - 1})

struct fixture {
    struct keyring *keyring;
};

static int setup(void **state) {
    static struct fixture fixture;

    *state = &fixture;
    return keyring_new(SEED, &fixture.keyring);
}

static int teardown(void **state) {
    struct fixture *fixture = *state;

    fixture->keyring = keyring_free(fixture->keyring);
    return 0;
}

/* libcrypto's own HKDF, both halves of it. */
static void whole_hkdf(struct span info, unsigned char place[BLOCK_BYTES]) {
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
    char digest[] = "SHA256";
    char salt[] = "ghostkey/1";
    OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof(salt) - 1),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)SEED.data, SEED.len),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.data, info.len),
            OSSL_PARAM_construct_end(),
    };

    assert_int_equal(EVP_KDF_derive(context, place, BLOCK_BYTES, parameters), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
}

static void the_stream_is_hkdf_block_after_block(void **state) {
    struct fixture *fixture = *state;
    static unsigned char made[3 * BLOCK_BYTES];
    static unsigned char wanted[3 * BLOCK_BYTES];
    struct keystream *stream =
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("app/db"), 12);

    whole_hkdf(SPAN_LITERAL("value\0app/db\00012\0000"), wanted);
    whole_hkdf(SPAN_LITERAL("value\0app/db\00012\0001"), wanted + BLOCK_BYTES);
    whole_hkdf(SPAN_LITERAL("value\0app/db\00012\0002"), wanted + BLOCK_BYTES + BLOCK_BYTES);
    keystream_bytes(stream, made, sizeof(made));
    assert_int_equal(keystream_finish(stream), 0);
    assert_memory_equal(made, wanted, sizeof(made));
}

static void parts_stand_each_before_a_zero_byte(void **state) {
    struct fixture *fixture = *state;
    static const char token[KEYSTREAM_PARTS_MAX_BYTES / 2] = {'t'};
    const struct span parts[] = {SPAN_LITERAL("vault-token"), SPAN_LITERAL("7"), SPAN_LITERAL("")};
    const struct span longest[] = {{token, sizeof(token) - 1}, {token, sizeof(token) - 1}};
    unsigned char made[64];
    static unsigned char wanted[BLOCK_BYTES];

    whole_hkdf(SPAN_LITERAL("vault-token\0007\000\0000"), wanted);
    keystream_bytes(keystream_start_parts(fixture->keyring, parts, 3), made, sizeof(made));
    assert_memory_equal(made, wanted, sizeof(made));
    keystream_bytes(keystream_start_parts(fixture->keyring, longest, 2), made, sizeof(made));
    assert_int_equal(keystream_finish(keystream_start_parts(fixture->keyring, longest, 2)), 0);
}

static void bytes_do_not_depend_on_how_they_are_taken(void **state) {
    struct fixture *fixture = *state;
    static unsigned char whole[BLOCK_BYTES + 1000];
    static unsigned char pieces[BLOCK_BYTES + 1000];
    struct keystream *stream =
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1);
    size_t at = 0;

    keystream_bytes(stream, whole, sizeof(whole));
    stream = keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1);
    for (size_t len = 0; at + len <= sizeof(pieces); len = (len + 7) % 71) {
        keystream_bytes(stream, pieces + at, len);
        at += len;
    }
    keystream_bytes(stream, pieces + at, sizeof(pieces) - at);
    assert_memory_equal(whole, pieces, sizeof(whole));
}

static void a_stream_begins_anew_at_each_start(void **state) {
    struct fixture *fixture = *state;
    unsigned char first[48];
    unsigned char again[48];
    struct keystream *stream =
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1);

    keystream_bytes(stream, first, sizeof(first));
    keystream_stop(stream);
    stream = keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("other"), 1);
    keystream_bytes(stream, again, 5);
    stream = keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1);
    keystream_bytes(stream, again, sizeof(again));
    assert_memory_equal(first, again, sizeof(first));
}

static void seed_name_and_generation_each_change_the_stream(void **state) {
    struct fixture *fixture = *state;
    struct keyring *other = NULL;
    unsigned char bytes[4][16];

    assert_int_equal(keyring_new(SPAN_LITERAL("a seed"), &other), 0);
    keystream_bytes(
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1), bytes[0], 16);
    keystream_bytes(
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("m"), 1), bytes[1], 16);
    keystream_bytes(
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 2), bytes[2], 16);
    keystream_bytes(keystream_start(other, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1), bytes[3], 16);
    other = keyring_free(other);
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < a; b++) {
            assert_memory_not_equal(bytes[a], bytes[b], 16);
        }
    }
}

static void characters_skip_the_bytes_that_would_favour_some(void **state) {
    struct fixture *fixture = *state;
    BUFFER_AUTO struct buffer made = BUFFER_NULL;
    BUFFER_AUTO struct buffer wanted = BUFFER_NULL;
    unsigned char bytes[600];
    struct keystream *stream =
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 3);

    keystream_bytes(stream, bytes, sizeof(bytes));
    for (size_t i = 0; wanted.len < 500; i++) {
        assert_true(i < sizeof(bytes));
        if (bytes[i] < 248) { /* 4 * 62 */
            buffer_append_byte(&wanted, ALPHABET_ALNUM[bytes[i] % 62]);
        }
    }
    stream = keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 3);
    for (size_t count = 0; count < 500; count += 50) {
        keystream_characters(stream, ALPHABET_ALNUM, 50, &made);
    }
    assert_int_equal(keystream_finish(stream), 0);
    assert_int_equal(made.len, 500);
    assert_memory_equal(made.data, wanted.data, 500);
}

static void a_broken_buffer_gets_no_characters(void **state) {
    struct fixture *fixture = *state;
    struct buffer broken = {.broken = true};

    keystream_characters(keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("n"), 1),
            ALPHABET_HEX, 8, &broken);
    assert_int_equal(broken.len, 0);
}

static void the_longest_names_and_numbers_have_room(void **state) {
    struct fixture *fixture = *state;
    char name[255];
    unsigned char byte;
    struct keystream *stream;

    memset(name, 'n', sizeof(name));
    stream = keystream_start(
            fixture->keyring, KEYSTREAM_VALUE, (struct span){name, sizeof(name)}, UINT64_MAX);
    keystream_bytes(stream, &byte, 1);
    assert_int_equal(keystream_finish(stream), 0);
}

static void a_stopped_stream_holds_nothing(void **state) {
    struct fixture *fixture = *state;
    unsigned char bytes[40];
    struct keystream *stream =
            keystream_start(fixture->keyring, KEYSTREAM_VALUE, SPAN_LITERAL("a-name"), 1);
    const unsigned char *held = (const unsigned char *)stream;

    keystream_bytes(stream, bytes, sizeof(bytes));
    keystream_stop(stream);
    for (size_t i = 0; i < 64; i++) { /* a stream is larger than that */
        assert_int_equal(held[i], 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_stream_is_hkdf_block_after_block),
            cmocka_unit_test(parts_stand_each_before_a_zero_byte),
            cmocka_unit_test(bytes_do_not_depend_on_how_they_are_taken),
            cmocka_unit_test(a_stream_begins_anew_at_each_start),
            cmocka_unit_test(seed_name_and_generation_each_change_the_stream),
            cmocka_unit_test(characters_skip_the_bytes_that_would_favour_some),
            cmocka_unit_test(a_broken_buffer_gets_no_characters),
            cmocka_unit_test(the_longest_names_and_numbers_have_room),
            cmocka_unit_test(a_stopped_stream_holds_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

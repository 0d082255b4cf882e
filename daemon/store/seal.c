#include "store/seal.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <sys/random.h>

#define NONCE_BYTES 12
/* What a key is derived for, with the final NUL. */
#define PURPOSE_BYTES 14
static const char purpose_seal[PURPOSE_BYTES] = "ghostkey/seal";
static const char purpose_test[PURPOSE_BYTES] = "ghostkey/test";

/* It is always the same: each key encrypts only one message. */
static const unsigned char nonce[NONCE_BYTES];

struct seal {
    EVP_MAC_CTX *mac; /* keyed with the store's key */
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
};

static void seal_freep(struct seal **seal) {
    *seal = seal_free(*seal);
}

int seal_new(const unsigned char *key, struct seal **ret_seal) {
    __attribute__((cleanup(seal_freep))) struct seal *seal = calloc(1, sizeof(*seal));
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac;

    if (seal == NULL) {
        return -ENOMEM;
    }
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    seal->mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); /* the context holds on to it */
    seal->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    seal->context = EVP_CIPHER_CTX_new();
    if (seal->mac == NULL || seal->cipher == NULL || seal->context == NULL ||
            EVP_MAC_init(seal->mac, key, SEAL_KEY_BYTES, parameters) != 1) {
        return -EIO;
    }
    *ret_seal = seal;
    seal = NULL;
    return 0;
}

struct seal *seal_free(struct seal *seal) {
    if (seal != NULL) {
        EVP_MAC_CTX_free(seal->mac);
        EVP_CIPHER_free(seal->cipher);
        EVP_CIPHER_CTX_free(seal->context);
        free(seal);
    }
    return NULL;
}

static int derive(struct seal *seal, const char *purpose, const unsigned char *salt,
        unsigned char key[SEAL_KEY_BYTES]) {
    size_t len = 0;

    /* NULL: with the key of seal_new() */
    if (EVP_MAC_init(seal->mac, NULL, 0, NULL) != 1 ||
            EVP_MAC_update(seal->mac, (const unsigned char *)purpose, PURPOSE_BYTES) != 1 ||
            EVP_MAC_update(seal->mac, salt, SEAL_SALT_BYTES) != 1 ||
            EVP_MAC_final(seal->mac, key, &len, SEAL_KEY_BYTES) != 1 || len != SEAL_KEY_BYTES) {
        return -EIO;
    }
    return 0;
}

int seal_key_check(
        struct seal *seal, const char salt[SEAL_SALT_BYTES], char ret_check[SEAL_KEY_CHECK_BYTES]) {
    unsigned char key[SEAL_KEY_BYTES];
    int error = derive(seal, purpose_test, (const unsigned char *)salt, key);

    if (error != 0) {
        return error;
    }
    memcpy(ret_check, key, SEAL_KEY_CHECK_BYTES);
    explicit_bzero(key, sizeof(key));
    return 0;
}

/* Begins to encrypt or to decrypt with the key of that salt. */
static int begin(
        struct seal *seal, const unsigned char *salt, struct span context, int encrypting) {
    unsigned char key[SEAL_KEY_BYTES];
    int len;
    int error = context.len > INT_MAX ? -EIO : derive(seal, purpose_seal, salt, key);

    if (error == 0 &&
            (EVP_CipherInit_ex2(seal->context, seal->cipher, key, nonce, encrypting, NULL) != 1 ||
                    EVP_CipherUpdate(seal->context, NULL, &len, (const unsigned char *)context.data,
                            (int)context.len) != 1)) {
        error = -EIO;
    }
    explicit_bzero(key, sizeof(key));
    return error;
}

int seal_encrypt(struct seal *seal, struct span context, struct span plain, struct buffer *sealed) {
    unsigned char *place = (unsigned char *)buffer_reserve(sealed, plain.len + SEAL_OVERHEAD_BYTES);
    unsigned char *body;
    int len = 0;
    int error;

    if (place == NULL || plain.len > INT_MAX) {
        return -ENOMEM;
    }
    body = place + SEAL_SALT_BYTES;
    if (getrandom(place, SEAL_SALT_BYTES, 0) != SEAL_SALT_BYTES) {
        return -EIO;
    }
    error = begin(seal, place, context, 1);
    if (error != 0) {
        return error;
    }
    if ((plain.len > 0 && EVP_CipherUpdate(seal->context, body, &len,
                                  (const unsigned char *)plain.data, (int)plain.len) != 1) ||
            EVP_CipherFinal_ex(seal->context, body + len, &len) != 1 ||
            EVP_CIPHER_CTX_ctrl(
                    seal->context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, body + plain.len) != 1) {
        return -EIO;
    }
    buffer_commit(sealed, plain.len + SEAL_OVERHEAD_BYTES);
    return 0;
}

int seal_decrypt(struct seal *seal, struct span context, struct span sealed, struct buffer *plain) {
    const unsigned char *salt = (const unsigned char *)sealed.data;
    const unsigned char *body = salt + SEAL_SALT_BYTES;
    size_t body_len = sealed.len - SEAL_OVERHEAD_BYTES;
    unsigned char *place;
    unsigned char tag[SEAL_TAG_BYTES];
    int len = 0;
    int error;

    if (sealed.len < SEAL_OVERHEAD_BYTES || body_len > INT_MAX) {
        return -EBADMSG;
    }
    place = (unsigned char *)buffer_reserve(plain, body_len + 1); /* room even for nothing */
    if (place == NULL) {
        return -ENOMEM;
    }
    error = begin(seal, salt, context, 0);
    if (error != 0) {
        return error;
    }
    memcpy(tag, body + body_len, sizeof(tag));
    if ((body_len > 0 && EVP_CipherUpdate(seal->context, place, &len, body, (int)body_len) != 1) ||
            EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) != 1) {
        error = -EIO;
    } else if (EVP_CipherFinal_ex(seal->context, place + len, &len) != 1) {
        error = -EBADMSG; /* only this compares the tag */
    }
    if (error != 0) {
        explicit_bzero(place, body_len);
        return error;
    }
    buffer_commit(plain, body_len);
    return 0;
}

#include "broker/keystream.h"

#include <assert.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/cleanup.h"
#include "ghostkey/protocol.h"

#define SALT "ghostkey/1"
#define UUID_BYTES 16
#define HASH_BYTES 32       /* of SHA-256: what one derivation gives */
#define STEPS_PER_BLOCK 255 /* HKDF-Expand ends there: 8160 bytes */
/* the parts, the block's number, and the byte that HKDF appends for each step */
#define INFO_MAX_BYTES (KEYSTREAM_PARTS_MAX_BYTES + DECIMAL_MAX_BYTES + 1)

struct keystream {
    EVP_MAC_CTX *mac; /* the keyring's */
    int error;        /* the first one; nothing is derived after it */
    char info[INFO_MAX_BYTES];
    size_t info_len;   /* with the block's number, without the step */
    size_t prefix_len; /* of info: what all blocks have in common */
    uint64_t block;
    unsigned step; /* the one that made bytes, 1 to 255; 0: none yet in this block */
    unsigned char bytes[HASH_BYTES]; /* T(step) of RFC 5869 */
    size_t taken;                    /* how many of bytes */
};

struct keyring {
    EVP_MAC_CTX *mac; /* HMAC-SHA256, keyed with prk, which is kept nowhere else */
    struct keystream stream;
};

static void mac_freep(EVP_MAC **mac) {
    EVP_MAC_free(*mac);
}

static int mac_key(EVP_MAC_CTX *mac, const void *key, size_t len) {
    char digest[] = "SHA256"; /* OSSL_PARAM is not const */
    OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_init(mac, key, len, parameters) == 1 ? 0 : -EIO;
}

static int mac_finish(EVP_MAC_CTX *mac, unsigned char place[HASH_BYTES]) {
    size_t len;

    return EVP_MAC_final(mac, place, &len, HASH_BYTES) == 1 && len == HASH_BYTES ? 0 : -EIO;
}

/* The key of a keyring: HKDF-Extract of the seed. */
struct prk {
    unsigned char bytes[HASH_BYTES];
};

static void prk_wipe(struct prk *prk) {
    explicit_bzero(prk, sizeof(*prk));
}

static int extract(EVP_MAC_CTX *mac, struct span seed, struct prk *ret_prk) {
    int error = mac_key(mac, SALT, sizeof(SALT) - 1);

    if (error != 0) {
        return error;
    }
    if (seed.len > 0 && EVP_MAC_update(mac, (const unsigned char *)seed.data, seed.len) != 1) {
        return -EIO;
    }
    return mac_finish(mac, ret_prk->bytes);
}

static int keyring_extract(struct keyring *keyring, struct span seed) {
    GK_CLEANUP(prk_wipe) struct prk prk = {0};
    int error = extract(keyring->mac, seed, &prk);

    return error != 0 ? error : mac_key(keyring->mac, prk.bytes, sizeof(prk.bytes));
}

static void keyring_freep(struct keyring **keyring) {
    *keyring = keyring_free(*keyring);
}

int keyring_new(struct span seed, struct keyring **ret_keyring) {
    GK_CLEANUP(mac_freep) EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    GK_CLEANUP(keyring_freep) struct keyring *keyring = calloc(1, sizeof(*keyring));
    int error;

    if (keyring == NULL) {
        return -ENOMEM;
    }
    if (algorithm == NULL) {
        return -EIO;
    }
    keyring->mac = EVP_MAC_CTX_new(algorithm); /* has its own reference to the algorithm */
    if (keyring->mac == NULL) {
        return -ENOMEM;
    }
    error = keyring_extract(keyring, seed);
    if (error != 0) {
        return error;
    }
    *ret_keyring = gk_steal(&keyring);
    return 0;
}

struct keyring *keyring_free(struct keyring *keyring) {
    if (keyring != NULL) {
        EVP_MAC_CTX_free(keyring->mac); /* wipes the key */
        explicit_bzero(keyring, sizeof(*keyring));
        free(keyring);
    }
    return NULL;
}

static void info_put_decimal(struct keystream *stream, uint64_t number) {
    stream->info_len += decimal_format(number, stream->info + stream->info_len);
}

static void info_put(struct keystream *stream, const void *data, size_t len) {
    memcpy(stream->info + stream->info_len, data, len);
    stream->info_len += len;
}

static void start_block(struct keystream *stream, uint64_t block) {
    stream->block = block;
    stream->step = 0;
    stream->info_len = stream->prefix_len;
    info_put_decimal(stream, block);
}

struct keystream *keystream_start_parts(
        struct keyring *keyring, const struct span *parts, size_t count) {
    struct keystream *stream = &keyring->stream;

    keystream_stop(stream);
    stream->mac = keyring->mac;
    for (size_t at = 0; at < count; at++) {
        assert(parts[at].len < KEYSTREAM_PARTS_MAX_BYTES - stream->info_len);
        info_put(stream, parts[at].data, parts[at].len);
        info_put(stream, "", 1);
    }
    stream->prefix_len = stream->info_len;
    start_block(stream, 0);
    stream->taken = HASH_BYTES;
    return stream;
}

struct keystream *keystream_start(
        struct keyring *keyring, const char *purpose, struct span name, uint64_t number) {
    char decimal[DECIMAL_MAX_BYTES];
    const struct span parts[] = {
            span_of(purpose), name, {decimal, decimal_format(number, decimal)}};

    assert(name.len > 0 && name.len <= GK_NAME_MAX_BYTES);
    return keystream_start_parts(keyring, parts, sizeof(parts) / sizeof(parts[0]));
}

void keystream_stop(struct keystream *stream) {
    explicit_bzero(stream, sizeof(*stream));
}

/*
 * One step of HKDF-Expand: T(n) = HMAC(prk, T(n - 1) info n). EVP_MAC_init() without a key
 * reuses the hash states of prk, so a step takes about 0.2 us and allocates nothing.
 */
static int derive(struct keystream *stream) {
    EVP_MAC_CTX *mac = stream->mac;

    if (stream->step == STEPS_PER_BLOCK) {
        start_block(stream, stream->block + 1);
    }
    if (EVP_MAC_init(mac, NULL, 0, NULL) != 1) {
        return -EIO;
    }
    if (stream->step > 0 && EVP_MAC_update(mac, stream->bytes, HASH_BYTES) != 1) {
        return -EIO;
    }
    stream->step += 1;
    stream->info[stream->info_len] = (char)stream->step; /* not part of info_len */
    if (EVP_MAC_update(mac, (const unsigned char *)stream->info, stream->info_len + 1) != 1) {
        return -EIO;
    }
    return mac_finish(mac, stream->bytes);
}

/* The bytes not yet taken, at least one; NULL if the stream has failed. */
static const unsigned char *available(struct keystream *stream, size_t *ret_len) {
    if (stream->taken == HASH_BYTES && stream->error == 0) {
        stream->error = derive(stream);
        stream->taken = 0;
    }
    if (stream->error < 0) {
        return NULL;
    }
    *ret_len = HASH_BYTES - stream->taken;
    return stream->bytes + stream->taken;
}

void keystream_bytes(struct keystream *stream, unsigned char *place, size_t len) {
    while (len > 0) {
        size_t count;
        const unsigned char *bytes = available(stream, &count);

        if (bytes == NULL) {
            memset(place, 0, len);
            return;
        }
        count = count < len ? count : len;
        memcpy(place, bytes, count);
        stream->taken += count;
        place += count;
        len -= count;
    }
}

void keystream_characters(
        struct keystream *stream, const char *alphabet, size_t count, struct buffer *buffer) {
    unsigned size = (unsigned)strlen(alphabet);
    char *place = buffer_reserve(buffer, count);
    size_t done = 0;
    unsigned limit;

    assert(size >= 2 && size <= 256);
    limit = 256 - 256 % size;
    while (place != NULL && done < count) {
        size_t len;
        const unsigned char *bytes = available(stream, &len);
        size_t used = 0;

        if (bytes == NULL) {
            break;
        }
        for (; used < len && done < count; used++) {
            if (bytes[used] < limit) {
                place[done++] = alphabet[bytes[used] % size];
            }
        }
        stream->taken += used;
    }
    if (place != NULL) {
        buffer_commit(buffer, done);
    }
}

void keystream_uuid(struct keystream *stream, struct buffer *buffer) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[UUID_BYTES];
    char *place = buffer_reserve(buffer, UUID_CHARS);

    if (place == NULL) {
        return;
    }
    keystream_bytes(stream, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *place++ = '-';
        }
        *place++ = digits[bytes[i] >> 4];
        *place++ = digits[bytes[i] & 0x0f];
    }
    buffer_commit(buffer, UUID_CHARS);
    explicit_bzero(bytes, sizeof(bytes));
}

int keystream_finish(const struct keystream *stream) {
    return stream->error;
}

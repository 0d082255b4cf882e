/*
 * The bytes that generated values are made of: a pure function of (seed, name, generation), so
 * that neither time nor order nor a restart can change a value.
 *
 * prk = HKDF-Extract-SHA256(salt "ghostkey/1", the seed's bytes); block i = HKDF-Expand-SHA256(prk,
 * "value" 00 name 00 decimal(generation) 00 decimal(i), 8160 bytes); the stream is block 0, 1, ...
 * (contract, section 5; RFC 5869). Bytes are derived as they are taken, 32 at a time.
 */
#ifndef GHOSTKEYD_BROKER_KEYSTREAM_H
#define GHOSTKEYD_BROKER_KEYSTREAM_H

#include <stdint.h>

#include "common/buffer.h"

struct keyring;   /* holds prk, and wipes it when it is freed */
struct keystream; /* the stream of one value, and what was taken of it */

/* Copies what it needs of seed. -ENOMEM, or -EIO if libcrypto fails. */
int keyring_new(struct span seed, struct keyring **ret_keyring);
struct keyring *keyring_free(struct keyring *keyring);

/* What a stream is for: the first text in what it is derived from. */
#define KEYSTREAM_VALUE "value"           /* number: the generation */
#define KEYSTREAM_FAULT "fault"           /* name: the rule's id; number: of the match */
#define KEYSTREAM_VERSION_ID "version-id" /* number: the revision in which the version was made */

/*
 * Starts the stream of one value or id and returns it. A keyring owns one stream, which is valid
 * until the next start or stop. name is copied.
 */
struct keystream *keystream_start(
        struct keyring *keyring, const char *purpose, struct span name, uint64_t number);

/*
 * The same for a stream that is derived from other texts: the parts, a zero byte behind each.
 * Together they have at most KEYSTREAM_PARTS_MAX_BYTES.
 */
#define KEYSTREAM_PARTS_MAX_BYTES 1536
struct keystream *keystream_start_parts(
        struct keyring *keyring, const struct span *parts, size_t count);

/* Wipes what the stream holds. */
void keystream_stop(struct keystream *stream);

/* The next len bytes. */
void keystream_bytes(struct keystream *stream, unsigned char *place, size_t len);

/*
 * Appends count characters of alphabet (2 to 256 of them): a byte is skipped if it is not below
 * the largest multiple of the alphabet's size, else it stands for the character at its remainder.
 */
void keystream_characters(
        struct keystream *stream, const char *alphabet, size_t count, struct buffer *buffer);

/* Appends a UUID of version 4 (RFC 9562), made of the next 16 bytes. */
#define UUID_CHARS 36
void keystream_uuid(struct keystream *stream, struct buffer *buffer);

/* 0, or the negative errno of the first failed derivation; what was appended is then invalid. */
int keystream_finish(const struct keystream *stream);

#define ALPHABET_HEX "0123456789abcdef"
#define ALPHABET_DIGIT "0123456789"
#define ALPHABET_LOWER "abcdefghijklmnopqrstuvwxyz"
#define ALPHABET_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALPHABET_ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define ALPHABET_BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

#endif

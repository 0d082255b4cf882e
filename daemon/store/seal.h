/*
 * Encrypts the frames of a journal on disk (contract, section 1, `--store-key`) by AES-256-GCM
 * (NIST SP 800-38D) of libcrypto.
 *
 * Each frame is encrypted with a key of its own: HMAC-SHA256(store key, "ghostkey/seal" 00 salt).
 * The salt is 16 new random bytes, so no two frames share a key and a nonce. A counter in place of
 * the salt could not promise that: the disk may still hold a frame that was undone, and the next
 * frame would get the same count.
 *
 * The context is the associated data: frame_context(), the number and salt in the frame's head. So
 * a sealed frame that was moved to another place is not decrypted.
 *
 * Sealed bytes: salt (16), ciphertext (as long as the plain bytes), tag (16).
 */
#ifndef GHOSTKEYD_STORE_SEAL_H
#define GHOSTKEYD_STORE_SEAL_H

#include "common/buffer.h"

#define SEAL_KEY_BYTES 32
#define SEAL_SALT_BYTES 16
#define SEAL_TAG_BYTES 16
#define SEAL_KEY_CHECK_BYTES 16
#define SEAL_OVERHEAD_BYTES (SEAL_SALT_BYTES + SEAL_TAG_BYTES)

struct seal;

/* Copies key, which is SEAL_KEY_BYTES long. -ENOMEM; -EIO: libcrypto failed. */
int seal_new(const unsigned char *key, struct seal **ret_seal);
struct seal *seal_free(struct seal *seal);

/* Appends the sealed bytes. -ENOMEM, -EIO */
int seal_encrypt(struct seal *seal, struct span context, struct span plain, struct buffer *sealed);

/*
 * Appends the plain bytes; nothing on failure. -EBADMSG: the key or the context is a wrong one, or
 * the sealed bytes are damaged. -ENOMEM, -EIO: they could not be checked.
 */
int seal_decrypt(struct seal *seal, struct span context, struct span sealed, struct buffer *plain);

/* Derives a value that shows whether a key is the right one, and nothing else about it. -EIO */
int seal_key_check(
        struct seal *seal, const char salt[SEAL_SALT_BYTES], char ret_check[SEAL_KEY_CHECK_BYTES]);

#endif

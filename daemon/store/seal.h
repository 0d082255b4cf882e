/*
 * Encryption of the frames of a journal on disk (contract, section 1, `--store-key`): AES-256-GCM
 * (NIST SP 800-38D) by libcrypto.
 *
 * Each sealing draws 16 random bytes, the salt; the key of that one sealing is
 * HMAC-SHA256(store key, "ghostkey/seal" 00 salt), so that no pair of key and nonce comes twice: a
 * counter could not promise that, since a frame that was taken back may have left its bytes on the
 * disk. The context, the number and salt of the frame, is bound in as associated data: a sealed
 * frame in another place does not open.
 *
 * Sealed bytes: salt (16), ciphertext (as long as what was sealed), tag (16).
 */
#ifndef GHOSTKEYD_STORE_SEAL_H
#define GHOSTKEYD_STORE_SEAL_H

#include "common/buffer.h"

#define SEAL_KEY_BYTES 32
#define SEAL_SALT_BYTES 16
#define SEAL_KEY_CHECK_BYTES 16
#define SEAL_OVERHEAD_BYTES (SEAL_SALT_BYTES + 16)

struct seal;

/* key is SEAL_KEY_BYTES long, and no longer needed afterwards. -ENOMEM, or -EIO from libcrypto. */
int seal_new(const unsigned char *key, struct seal **ret_seal);
struct seal *seal_free(struct seal *seal);

/* Appends the sealed bytes. -ENOMEM, -EIO */
int seal_close(struct seal *seal, struct span context, struct span plain, struct buffer *sealed);

/* Appends what was sealed; nothing on failure. -EBADMSG: another key or context, or damage;
 * -ENOMEM, -EIO: nothing is known of that. */
int seal_open(struct seal *seal, struct span context, struct span sealed, struct buffer *plain);

/* A value that tells this key from another one, and nothing else of it. -EIO */
int seal_key_check(
        struct seal *seal, const char salt[SEAL_SALT_BYTES], char ret_check[SEAL_KEY_CHECK_BYTES]);

#endif

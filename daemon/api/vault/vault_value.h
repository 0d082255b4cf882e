/*
 * A secret's value as Vault's clients see it, the object `data` (ghostkey.vault(7)): a text that is
 * a JSON object is that object, any other text is the member `value`, and bytes are `value_base64`.
 * What a client writes it reads back as it was sent but for blanks between tokens.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_VALUE_H
#define GHOSTKEYD_API_VAULT_VAULT_VALUE_H

#include "common/buffer.h"
#include "model/problem.h"
#include "model/secret.h"

#define VAULT_DEPTH_MAX 128 /* of objects and arrays in `data`, which counts as one */

/* Appends the value of a live version as an object. */
void vault_value_append(struct buffer *buffer, const struct version *version);

/* Appends it with null in the place of all that is no object. depth 0: of any depth. */
void vault_subkeys_append(struct buffer *buffer, const struct version *version, uint64_t depth);

/*
 * The value that an object, which is valid JSON, is kept as. *ret_value points into bytes, to which
 * it is appended. GK_E_BAD_REQUEST
 */
int vault_value_read(struct span object, struct buffer *bytes, struct span *ret_value,
        bool *ret_binary, struct problem *problem);

/* Appends target with patch, two objects of valid JSON, merged into it (RFC 7396). */
int vault_merge(struct span target, struct span patch, struct buffer *buffer);

#endif

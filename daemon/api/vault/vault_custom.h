/* custom_metadata: what clients write beside a secret, GhostKey's labels. */
#ifndef GHOSTKEYD_API_VAULT_VAULT_CUSTOM_H
#define GHOSTKEYD_API_VAULT_VAULT_CUSTOM_H

#include "broker/definition.h"
#include "common/json_reader.h"

/*
 * Reads the member `custom_metadata` into the definition's labels, whose texts then point into
 * bytes. All labels of before go, but in a patch, where a null removes one. GK_E_BAD_REQUEST
 */
int vault_custom_read(const struct json_reader_value *value, bool is_patch, struct buffer *bytes,
        struct definition *definition, struct problem *problem);

#endif

/* HashiCorp Vault's HTTP API with a KV engine of version 2, as HTTP uses it. */
#ifndef GHOSTKEYD_API_VAULT_API_H
#define GHOSTKEYD_API_VAULT_API_H

#include "http/api.h"

extern const struct api vault_api;

#endif

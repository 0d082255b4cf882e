/* What the handlers of auth/ share. */
#ifndef GHOSTKEYD_API_VAULT_VAULT_AUTH_H
#define GHOSTKEYD_API_VAULT_VAULT_AUTH_H

#include "api/vault/vault_token.h"

struct call;

/* An answer that gives a token, or says what a renewal made of it. Returns 0. */
int vault_answer_auth(struct call *call, struct span text, const struct vault_token *token);

#endif

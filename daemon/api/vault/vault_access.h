/* Who may use Vault's API, by which token (ghostkey.vault(7), ADDRESS AND TOKEN). */
#ifndef GHOSTKEYD_API_VAULT_VAULT_ACCESS_H
#define GHOSTKEYD_API_VAULT_VAULT_ACCESS_H

#include "http/api.h"

/* The parts of `X/login` and `X/login/NAME`. */
struct vault_login {
    struct span method; /* "approle" */
    struct span user;   /* data NULL: the path has no name */
};

/* Whether a path behind `auth/` is a login's. */
bool vault_is_login(struct span path, struct vault_login *ret_login);

/* The token of a request; data NULL: it has none. */
struct span vault_token_of(const struct request *request);

/* What tokens are made with: the token file's text over TCP; data NULL over the Unix socket. */
struct span vault_tcp_secret(bool is_tcp, const struct api_context *context);

/* api.h, may_speak */
enum speaker vault_may_speak(const struct api_request *request);

#endif

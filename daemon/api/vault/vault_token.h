/*
 * The tokens that logins give (ghostkey.vault(7), LOGINS). They are part of the state, live by
 * GhostKey's clock, and open this API alone. The state does not hold them: each is found by its
 * accessor, which is derived from it, so who reads a store's file learns no token.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_TOKEN_H
#define GHOSTKEYD_API_VAULT_VAULT_TOKEN_H

#include "common/buffer.h"
#include "common/instant.h"

#define VAULT_TOKEN_PREFIX "hvs.ghost"
#define VAULT_TOKEN_CHARS 24 /* behind the prefix */
#define VAULT_ACCESSOR_CHARS 24
#define VAULT_TOKEN_MAX_LIFE_S (24 * 3600)

struct broker;

/* What is kept of a token. The spans are valid until the next change of a token. */
struct vault_token {
    char accessor[VAULT_ACCESSOR_CHARS];
    uint64_t number; /* of the tokens of the state; the first is 1 */
    instant made_at;
    instant renewed_at; /* 0: never */
    instant expires_at;
    instant ends_at;         /* no renewal goes past it; INT64_MAX: there is no such end */
    uint32_t ttl_s;          /* at first, and of a renewal that names none */
    uint32_t explicit_max_s; /* 0: none was asked for */
    uint32_t period_s;       /* 0: none was asked for */
    bool is_renewable;
    struct span path; /* of the request that made it: "auth/approle/login" */
    struct span display_name;
    struct span policies; /* a list in JSON */
    struct span metadata; /* an object in JSON, or null */
};

/* Whether the text is one that only a live token may have. */
static inline bool vault_token_is_derived(struct span text) {
    return span_starts_with(text, SPAN_LITERAL(VAULT_TOKEN_PREFIX));
}

/*
 * Makes a token: sets the number and the accessor of *token, whose other members say what is asked
 * for, appends its text to *ret_text, and keeps it. secret: the token file's text if it was asked
 * for over TCP; data NULL: over the Unix socket. Forgets some of those that have ended.
 */
int vault_token_make(struct broker *broker, struct vault_token *token, struct span secret,
        struct buffer *ret_text);

/*
 * Finds a live token. secret: as above, of the request that bears it; over TCP only a token that
 * was made with it is live. GK_E_FORBIDDEN: there is no such token, or it has ended.
 */
int vault_token_find(
        struct broker *broker, struct span text, struct span secret, struct vault_token *ret_token);

/* The same by the accessor. */
int vault_token_find_accessor(
        struct broker *broker, struct span accessor, struct vault_token *ret_token);

/* Moves the end of a token that was found: by_s from now on, at most to its ends_at. */
int vault_token_renew(struct broker *broker, struct vault_token *token, uint32_t by_s);

/* Forgets a token that was found. */
int vault_token_revoke(struct broker *broker, const struct vault_token *token);

/* Calls visit for each live token. */
int vault_token_walk(struct broker *broker,
        void (*visit)(void *userdata, const struct vault_token *token), void *userdata);

#endif
